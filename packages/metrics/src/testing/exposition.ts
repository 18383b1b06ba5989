/** Writes metrics pages in the protobuf format of Prometheus, for tests: the other side of the reader, from metrics.proto. */

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) + 128);
  }
};
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const eight = (value: number): number[] => [...new Uint8Array(new Float64Array([value]).buffer)];

export const whole = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
export const sint = (field: number, value: number): number[] => whole(field, zigzag(value));
export const double = (field: number, value: number): number[] => [...varint(field * 8 + 1), ...eight(value)];
export const message = (field: number, ...parts: number[][]): number[] => {
  const bytes = parts.flat();
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
};
export const text = (field: number, value: string): number[] =>
  message(field, [...new TextEncoder().encode(value)]);
export const packedSint = (field: number, values: readonly number[]): number[] =>
  message(
    field,
    values.flatMap((value) => varint(zigzag(value))),
  );
export const packedDouble = (field: number, values: readonly number[]): number[] =>
  message(field, values.flatMap(eight));

export type Labels = Record<string, string>;

/** One metric of a family: its labels, and its value as a field of the message `Metric`. */
export const metric = (labels: Labels, ...value: number[][]): number[] =>
  message(4, ...Object.entries(labels).map(([name, of]) => message(1, text(1, name), text(2, of))), ...value);

/** @param type 0 counter, 1 gauge, 2 summary, 3 untyped, 4 histogram */
export function family(name: string, type: number, ...metrics: number[][]): number[] {
  const bytes = [...text(1, name), ...text(2, `What ${name} says.`), ...whole(3, type), ...metrics.flat()];
  return [...varint(bytes.length), ...bytes];
}

export const counter = (labels: Labels, value: number): number[] =>
  metric(labels, message(3, double(1, value)));

export interface Buckets {
  schema: number;
  /** Count of each bucket by its index: bucket i is (base^(i-1), base^i]. */
  counts: ReadonlyMap<number, number>;
  zeroCount?: number;
  zeroThreshold?: number;
}

/** The fields of a histogram with native buckets as client libraries write them: spans, and the deltas of the counts. */
export function native({ schema, counts, zeroCount = 0, zeroThreshold = 2 ** -128 }: Buckets): number[][] {
  const indices = [...counts.keys()].toSorted((a, b) => a - b);
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of indices) {
    const open = spans.at(-1);
    if (open && index === next) open.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  const deltas = indices.map((index, i) => counts.get(index)! - (i > 0 ? counts.get(indices[i - 1]!)! : 0));
  return [
    sint(5, schema),
    double(6, zeroThreshold),
    whole(7, zeroCount),
    ...spans.map(({ offset, length }) => message(12, sint(1, offset), whole(2, length))),
    ...deltas.map((delta) => sint(13, delta)),
  ];
}

export const bucket = (upper: number, cumulative: number): number[] =>
  message(3, whole(1, cumulative), double(2, upper));

export const histogram = (labels: Labels, count: number, sum: number, ...more: number[][]): number[] =>
  metric(labels, message(7, whole(1, count), double(2, sum), ...more));

/** Counts of native buckets for some observations, in seconds. */
export function countsOf(schema: number, observations: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const seconds of observations) {
    const index = Math.ceil(Math.log2(seconds) * 2 ** schema);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return counts;
}
