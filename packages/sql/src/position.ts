/** A place in a text as people count it: both from 1, columns in UTF-16 units as editors do. */
export interface Position {
  line: number;
  column: number;
}

/** Finds lines and columns in one text without reading it again for each question. */
export class LineMap {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** The place of an offset in UTF-16 units from the start of the text. */
  at(offset: number): Position {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }
}

/**
 * Offset in UTF-16 units of the n-th character as PostgreSQL counts them: whole code points, from 1.
 * The server gives the place of an error in this way.
 */
export function offsetOfCharacter(text: string, character: number): number {
  let offset = 0;
  for (let n = 1; n < character && offset < text.length; n++) {
    offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return offset;
}
