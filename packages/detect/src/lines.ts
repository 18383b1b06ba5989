const newline = 10;

/** Start and end of the line around `from`–`to`, but no further than `least` and `most`. */
export function lineBounds(
  content: Uint8Array,
  from: number,
  to: number,
  least: number,
  most: number,
): { start: number; end: number } {
  let start = from;
  while (start > least && content[start - 1] !== newline) start--;
  let end = to;
  while (end < most && content[end] !== newline) end++;
  return { start, end };
}

/** Line and column of offsets; made for offsets that mostly grow. */
export class LineNumbers {
  readonly #content: Uint8Array;
  #line = 1;
  #lineStart = 0;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  /** Line and column (in characters) from 1. */
  at(offset: number): { line: number; column: number } {
    if (offset < this.#lineStart) {
      this.#line = 1;
      this.#lineStart = 0;
    }
    for (;;) {
      const end = this.#content.indexOf(newline, this.#lineStart);
      if (end === -1 || end >= offset) break;
      this.#line++;
      this.#lineStart = end + 1;
    }
    const before = new TextDecoder().decode(this.#content.subarray(this.#lineStart, offset));
    return { line: this.#line, column: before.length + 1 };
  }
}
