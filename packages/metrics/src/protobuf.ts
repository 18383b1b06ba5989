import { NotMetrics } from "./text-format.ts";

type Value = number | Uint8Array;

/**
 * A message in the wire format of Protocol Buffers, its fields by their numbers. A field that is not there is zero or
 * empty, as the format has it. Numbers of 64 bits are exact up to 2^53, which is more than anything counts on a
 * metrics page; fixed ones are read as floating point, as no others are there.
 * Source: protobuf.dev/programming-guides/encoding.
 *
 * An own reader, because two dozen fields matter, and a library brings its descriptions of messages with it.
 */
export class Message {
  readonly #fields = new Map<number, Value[]>();

  /** @throws NotMetrics where the bytes end within a field, or a field is of a kind that does not exist */
  constructor(bytes: Uint8Array) {
    for (const reader = new Reader(bytes); !reader.isAtEnd; ) {
      const tag = reader.varint();
      const number = Math.floor(tag / 8);
      const value = reader.value(tag % 8);
      const before = this.#fields.get(number);
      if (before) before.push(value);
      else this.#fields.set(number, [value]);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  number(field: number): number {
    const value = this.#of(field).at(-1);
    return typeof value === "number" ? value : 0;
  }

  /** A number in the form in which small negative ones are short too (`sint32`). */
  signed(field: number): number {
    return unfolded(this.number(field));
  }

  text(field: number): string {
    const value = this.#of(field).at(-1);
    return value instanceof Uint8Array ? decoder.decode(value) : "";
  }

  messages(field: number): Message[] {
    return this.#of(field).flatMap((value) => (value instanceof Uint8Array ? [new Message(value)] : []));
  }

  /** All numbers of a repeated field of `sint64`, each by itself or packed together. */
  allSigned(field: number): number[] {
    return this.#numbers(field, (reader) => reader.varint()).map(unfolded);
  }

  /** All numbers of a repeated field of `double`, each by itself or packed together. */
  allDoubles(field: number): number[] {
    return this.#numbers(field, (reader) => reader.double());
  }

  #of(field: number): readonly Value[] {
    return this.#fields.get(field) ?? [];
  }

  #numbers(field: number, next: (reader: Reader) => number): number[] {
    return this.#of(field).flatMap((value) => {
      if (typeof value === "number") return [value];
      const numbers: number[] = [];
      for (const reader = new Reader(value); !reader.isAtEnd; ) numbers.push(next(reader));
      return numbers;
    });
  }
}

/** The messages of a stream in which each has its length before it. @throws NotMetrics as `Message` */
export function* delimited(bytes: Uint8Array): Generator<Message> {
  for (const reader = new Reader(bytes); !reader.isAtEnd; ) yield new Message(reader.bytes(reader.varint()));
}

const decoder = new TextDecoder();

const unfolded = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#view.byteLength;
  }

  value(kind: number): Value {
    if (kind === 0) return this.varint();
    if (kind === 1) return this.double();
    if (kind === 2) return this.bytes(this.varint());
    if (kind === 5) return this.#view.getFloat32(this.#take(4), true);
    throw new NotMetrics(`a field of the kind ${kind}, which there is not`);
  }

  varint(): number {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = this.#view.getUint8(this.#take(1));
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new NotMetrics("a number that does not end");
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  bytes(length: number): Uint8Array {
    const from = this.#take(length);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + from, length);
  }

  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#view.byteLength) throw new NotMetrics("it ends in the middle of a field");
    this.#at = from + length;
    return from;
  }
}
