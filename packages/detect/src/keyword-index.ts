/**
 * Finds many keywords in one pass over bytes (Aho & Corasick 1975), letters of either case.
 * One look into a table for each byte: a text without any keyword costs nothing else.
 */
export class KeywordIndex {
  /** Class of each byte: 0 for bytes that no keyword has. */
  readonly #classes = new Uint8Array(256);
  readonly #width: number;
  readonly #next: Int32Array;
  /** For each state the keywords that end there. */
  readonly #ends: (readonly number[])[];
  readonly #lengths: readonly number[];

  /** @param keywords lower-case ASCII texts; their positions are the numbers that `search` reports */
  constructor(keywords: readonly string[]) {
    this.#lengths = keywords.map((keyword) => keyword.length);
    let width = 1;
    for (const keyword of keywords) {
      for (let index = 0; index < keyword.length; index++) {
        const code = keyword.charCodeAt(index);
        if (this.#classes[code] !== 0) continue;
        this.#classes[code] = width;
        if (code >= 97 && code <= 122) this.#classes[code - 32] = width;
        width++;
      }
    }
    this.#width = width;

    const children: Int32Array[] = [new Int32Array(width)];
    const ends: number[][] = [[]];
    keywords.forEach((keyword, number) => {
      let state = 0;
      for (let index = 0; index < keyword.length; index++) {
        const symbol = this.#classes[keyword.charCodeAt(index)]!;
        if (children[state]![symbol] === 0) {
          children[state]![symbol] = children.length;
          children.push(new Int32Array(width));
          ends.push([]);
        }
        state = children[state]![symbol]!;
      }
      ends[state]!.push(number);
    });

    const fail = new Int32Array(children.length);
    const queue: number[] = [];
    for (const child of children[0]!) if (child !== 0) queue.push(child);
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head]!;
      ends[state]!.push(...ends[fail[state]!]!);
      for (let symbol = 1; symbol < width; symbol++) {
        const child = children[state]![symbol]!;
        const other = children[fail[state]!]![symbol]!;
        if (child === 0) children[state]![symbol] = other;
        else {
          fail[child] = other;
          queue.push(child);
        }
      }
    }
    this.#next = new Int32Array(children.length * width);
    // States are kept multiplied by the width, so that a step is one addition and one look.
    children.forEach((row, state) => {
      for (let symbol = 0; symbol < width; symbol++)
        this.#next[state * width + symbol] = row[symbol]! * width;
    });
    this.#ends = ends;
  }

  /** Calls `found` with the number of the keyword and the offsets of its first byte and behind its last. */
  search(bytes: Uint8Array, found: (keyword: number, start: number, end: number) => void): void {
    const next = this.#next;
    const classes = this.#classes;
    const ends = this.#ends;
    const width = this.#width;
    let state = 0;
    for (let offset = 0; offset < bytes.length; offset++) {
      state = next[state + classes[bytes[offset]!]!]!;
      if (state === 0) continue;
      const here = ends[state / width]!;
      for (let index = 0; index < here.length; index++) {
        const keyword = here[index]!;
        found(keyword, offset + 1 - this.#lengths[keyword]!, offset + 1);
      }
    }
  }
}
