/**
 * Tokens of PostgreSQL's SQL, as far as they matter to find statements and to recognise them. The
 * rules are those of the chapter "Lexical Structure" of its manual, with `standard_conforming_strings`
 * on, as it is by default since PostgreSQL 9.1.
 */
export interface Token {
  kind: "word" | "quoted" | "string" | "dollar" | "number" | "parameter" | "symbol";
  /** Offsets in UTF-16 units; `end` is after the last one. */
  start: number;
  end: number;
  /**
   * What it means: a word in upper case, a quoted identifier without its quotes, the inside of a
   * string, the character of a symbol.
   */
  text: string;
}

export interface Comment {
  start: number;
  end: number;
  /** With its marks. */
  text: string;
}

/** What the lexer stops at, because the text ends in the middle of it. */
export interface Unterminated {
  what: "string" | "quoted identifier" | "dollar-quoted string" | "comment";
  start: number;
}

const wordStart = /[A-Za-z_\u0080-\uffff]/;
const wordPart = /[A-Za-z0-9_$\u0080-\uffff]/;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const numberLiteral =
  /(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:[0-9][0-9_]*)?\.?[0-9][0-9_]*\.?(?:[eE][+-]?[0-9_]+)?)/y;
const parameter = /\$[0-9]+/y;
/** White space with a line break, after which an opening quote goes on with the string before it. */
const continuation = /(?:[ \t\f\v]|--[^\r\n]*)*[\r\n](?:\s|--[^\r\n]*(?=[\r\n]))*'/y;

/** Reads one token after the other; comments are given to `onComment`. */
export class Lexer {
  readonly text: string;
  /** Where the next token is looked for. */
  offset: number;
  unterminated: Unterminated | null = null;
  readonly #onComment: (comment: Comment) => void;

  constructor(text: string, onComment: (comment: Comment) => void = () => {}) {
    this.text = text;
    this.offset = 0;
    this.#onComment = onComment;
  }

  /** The next token, or null at the end of the text. */
  next(): Token | null {
    this.#skipBlanks();
    const start = this.offset;
    const { text } = this;
    if (start >= text.length) return null;
    const c = text[start]!;

    if (c === "'") return this.#string(start, start, false);
    if (c === '"') return this.#quoted(start, start);
    if (c === "$") return this.#dollar(start);
    if (wordStart.test(c)) {
      const second = text[start + 1];
      if (second === "'" && /[eEbBxXnN]/.test(c))
        return this.#string(start, start + 1, c === "e" || c === "E");
      if ((c === "u" || c === "U") && second === "&") {
        if (text[start + 2] === "'") return this.#string(start, start + 2, false);
        if (text[start + 2] === '"') return this.#quoted(start, start + 2);
      }
      let end = start + 1;
      while (end < text.length && wordPart.test(text[end]!)) end++;
      return this.#token("word", start, end, text.slice(start, end).toUpperCase());
    }
    if (/[0-9]/.test(c) || (c === "." && /[0-9]/.test(text[start + 1] ?? ""))) {
      numberLiteral.lastIndex = start;
      const literal = numberLiteral.exec(text)?.[0] ?? c;
      return this.#token("number", start, start + literal.length, literal);
    }
    return this.#token("symbol", start, start + 1, c);
  }

  #token(kind: Token["kind"], start: number, end: number, text: string): Token {
    this.offset = end;
    return { kind, start, end, text };
  }

  #stopAt(what: Unterminated["what"], start: number): number {
    this.unterminated ??= { what, start };
    return this.text.length;
  }

  #skipBlanks(): void {
    const { text } = this;
    for (;;) {
      while (this.offset < text.length && /[\s\ufeff]/.test(text[this.offset]!)) this.offset++;
      const start = this.offset;
      if (text.startsWith("--", start)) {
        const end = text.slice(start).search(/[\r\n]/);
        this.offset = end === -1 ? text.length : start + end;
      } else if (text.startsWith("/*", start)) {
        this.offset = this.#blockComment(start);
      } else return;
      this.#onComment({ start, end: this.offset, text: text.slice(start, this.offset) });
    }
  }

  /** Block comments nest in PostgreSQL. */
  #blockComment(start: number): number {
    const mark = /\/\*|\*\//g;
    mark.lastIndex = start;
    let depth = 0;
    for (let found = mark.exec(this.text); found; found = mark.exec(this.text)) {
      depth += found[0] === "/*" ? 1 : -1;
      if (depth === 0) return mark.lastIndex;
    }
    return this.#stopAt("comment", start);
  }

  #string(start: number, quote: number, hasEscapes: boolean): Token {
    const { text } = this;
    let at = quote + 1;
    for (;;) {
      const c = text[at];
      if (c === undefined) {
        at = this.#stopAt("string", start);
        break;
      }
      if (c === "\\" && hasEscapes) at += 2;
      else if (c !== "'") at++;
      else if (text[at + 1] === "'") at += 2;
      else {
        at++;
        continuation.lastIndex = at;
        if (!continuation.test(text)) break;
        at = continuation.lastIndex;
      }
    }
    return this.#token("string", start, at, text.slice(quote + 1, Math.max(quote + 1, at - 1)));
  }

  #quoted(start: number, quote: number): Token {
    let at = quote + 1;
    for (;;) {
      const close = this.text.indexOf('"', at);
      if (close === -1) {
        at = this.#stopAt("quoted identifier", start);
        break;
      }
      at = close + 1;
      if (this.text[at] !== '"') break;
      at++;
    }
    return this.#token("quoted", start, at, this.text.slice(quote + 1, at - 1).replaceAll('""', '"'));
  }

  #dollar(start: number): Token {
    parameter.lastIndex = start;
    const number = parameter.exec(this.text);
    if (number) return this.#token("parameter", start, parameter.lastIndex, number[0]);
    dollarTag.lastIndex = start;
    const tag = dollarTag.exec(this.text)?.[0];
    if (!tag) return this.#token("symbol", start, start + 1, "$");
    const inside = start + tag.length;
    const close = this.text.indexOf(tag, inside);
    const end = close === -1 ? this.#stopAt("dollar-quoted string", start) : close + tag.length;
    return this.#token("dollar", start, end, this.text.slice(inside, close === -1 ? end : close));
  }
}

/** All tokens of a text, without comments. */
export function tokensOf(text: string): Token[] {
  const lexer = new Lexer(text);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token; token = lexer.next()) tokens.push(token);
  return tokens;
}
