import type { Token } from "./lexer.ts";

/** Reads along the tokens of a statement: `accept("CREATE") && accept("OR", "REPLACE")`. */
export class Words {
  readonly tokens: readonly Token[];
  at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The next token without taking it. */
  get next(): Token | undefined {
    return this.tokens[this.at];
  }

  /** Whether the next words are these. */
  sees(...words: string[]): boolean {
    return words.every((word, i) => isWord(this.tokens[this.at + i], word));
  }

  /** Takes these words when they are next. */
  accept(...words: string[]): boolean {
    if (!this.sees(...words)) return false;
    this.at += words.length;
    return true;
  }

  /** Takes one of these words when it is next. */
  acceptOneOf(...words: string[]): string | null {
    const found = words.find((word) => this.sees(word));
    if (found) this.at++;
    return found ?? null;
  }

  /** Takes `IF EXISTS` or `IF NOT EXISTS` when it is next. */
  acceptIfExists(): boolean {
    return this.accept("IF", "EXISTS") || this.accept("IF", "NOT", "EXISTS");
  }

  /** Takes a name with dots, as the server would fold it; null when there is none. */
  name(): string | null {
    const parts: string[] = [];
    for (;;) {
      const token = this.next;
      if (token?.kind === "word") parts.push(token.text.toLowerCase());
      else if (token?.kind === "quoted") parts.push(token.text);
      else return null;
      this.at++;
      if (!isSymbol(this.next, ".")) return parts.join(".");
      this.at++;
    }
  }

  /** Takes `( … )` when it is next and returns what is inside; null when there is none. */
  acceptParentheses(): readonly Token[] | null {
    if (!isSymbol(this.next, "(")) return null;
    const start = this.at + 1;
    for (let depth = 0; this.at < this.tokens.length; this.at++) {
      if (isSymbol(this.next, "(")) depth++;
      else if (isSymbol(this.next, ")") && --depth === 0) return this.tokens.slice(start, this.at++);
    }
    return this.tokens.slice(start);
  }

  /** Whether these words come one after the other anywhere from here on. */
  contains(...words: string[]): boolean {
    return indexOfWords(this.tokens, words, this.at) !== -1;
  }
}

export const isWord = (token: Token | undefined, text: string): boolean =>
  token?.kind === "word" && token.text === text;

export const isSymbol = (token: Token | undefined, text: string): boolean =>
  token?.kind === "symbol" && token.text === text;

/** Where these words come one after the other, from `from` on; -1 when nowhere. */
export function indexOfWords(tokens: readonly Token[], words: readonly string[], from = 0): number {
  for (let i = from; i + words.length <= tokens.length; i++) {
    if (words.every((word, k) => isWord(tokens[i + k], word))) return i;
  }
  return -1;
}

/** The parts between commas that are in no parentheses. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isSymbol(token, "(") || isSymbol(token, "[")) depth++;
    if (isSymbol(token, ")") || isSymbol(token, "]")) depth--;
    if (depth === 0 && isSymbol(token, ",")) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}
