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

/** Line and column of offsets; quick for offsets that grow. */
export class LineNumbers {
  readonly #content: Uint8Array;
  readonly #decoder = new TextDecoder();
  #line = 1;
  /** Where the last answer was, and how many characters of its line were before it. */
  #offset = 0;
  #characters = 0;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  /** Line and column (in UTF-16 units) from 1. */
  at(offset: number): { line: number; column: number } {
    if (offset < this.#offset) {
      this.#line = 1;
      this.#offset = this.#characters = 0;
    }
    for (;;) {
      const end = this.#content.subarray(this.#offset, offset).indexOf(newline);
      if (end === -1) break;
      this.#line++;
      this.#offset += end + 1;
      this.#characters = 0;
    }
    this.#characters += this.#decoder.decode(this.#content.subarray(this.#offset, offset)).length;
    this.#offset = offset;
    return { line: this.#line, column: this.#characters + 1 };
  }
}
