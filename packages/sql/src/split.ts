import { type Comment, Lexer, type Token } from "./lexer.ts";
import { LineMap, type Position } from "./position.ts";

/** One statement of a file, as it is sent to the server. */
export interface Statement extends Position {
  /** Without the semicolon and without comments around it. */
  text: string;
  /** Offsets of the text in the file, in UTF-16 units. */
  start: number;
  end: number;
  /** Its tokens; their offsets count from the start of the file. */
  tokens: readonly Token[];
  /** Comments directly before it and inside it. */
  comments: readonly Comment[];
  /** The rows that follow a `COPY … FROM stdin`, as the file has them, without the closing `\.`. */
  copyData?: string;
}

/** Something that makes a file unfit to be split. */
export interface SplitProblem extends Position {
  message: string;
  remedy: string;
}

export interface SplitFile {
  statements: Statement[];
  problems: SplitProblem[];
}

/** Lines that pg_dump writes for psql and that mean nothing to the server. */
const harmlessCommand = /^\\(?:un)?restrict(?:\s|$)/;

/**
 * Splits a PostgreSQL script into its statements, as psql would: semicolons inside strings, dollar
 * quotes, comments, parentheses (`CREATE RULE … DO (…; …)`) and `BEGIN ATOMIC` bodies do not end one.
 * Data after `COPY … FROM stdin` belongs to the statement. Commands of psql are skipped when they do
 * nothing (`\restrict`) and are a problem otherwise.
 */
export function splitStatements(sql: string): SplitFile {
  const lines = new LineMap(sql);
  const statements: Statement[] = [];
  const problems: SplitProblem[] = [];
  let comments: Comment[] = [];
  let tokens: Token[] = [];
  const lexer = new Lexer(sql, (comment) => comments.push(comment));
  const nesting = new Nesting();

  const finish = (): Statement | null => {
    const first = tokens[0];
    const last = tokens.at(-1);
    if (!first || !last) return null;
    const statement: Statement = {
      text: sql.slice(first.start, last.end),
      start: first.start,
      end: last.end,
      ...lines.at(first.start),
      tokens,
      comments,
    };
    statements.push(statement);
    tokens = [];
    comments = [];
    nesting.reset();
    return statement;
  };

  for (let token = lexer.next(); token; token = lexer.next()) {
    if (token.kind === "symbol" && token.text === "\\") {
      const line = lineFrom(sql, token.start);
      lexer.offset = token.start + line.length;
      if (!harmlessCommand.test(line)) {
        problems.push({
          ...lines.at(token.start),
          message: `${line.split(/\s/)[0]} is a command of psql; only SQL can be sent to the server.`,
          remedy: "Write SQL, or take the line out.",
        });
      }
      continue;
    }
    if (token.kind === "symbol" && token.text === ";" && nesting.isOutside) {
      const statement = finish();
      if (statement && readsStdin(statement.tokens)) {
        const data = copyData(sql, lexer.offset);
        statement.copyData = data.text;
        lexer.offset = data.end;
      }
      continue;
    }
    nesting.see(token, tokens);
    tokens.push(token);
  }
  finish();

  if (lexer.unterminated) {
    const { what, start } = lexer.unterminated;
    problems.push({
      ...lines.at(start),
      message: `The ${what} that begins here has no end.`,
      remedy: "Close it.",
    });
  }
  return { statements, problems };
}

/** Keeps count of what a semicolon can be inside of. */
class Nesting {
  #parentheses = 0;
  /** Depth of BEGIN ATOMIC … END and of CASE … END in it. */
  #blocks = 0;

  get isOutside(): boolean {
    return this.#parentheses === 0 && this.#blocks === 0;
  }

  reset(): void {
    this.#parentheses = 0;
    this.#blocks = 0;
  }

  see(token: Token, before: readonly Token[]): void {
    if (token.kind === "symbol") {
      if (token.text === "(") this.#parentheses++;
      if (token.text === ")" && this.#parentheses > 0) this.#parentheses--;
    } else if (token.kind === "word") {
      if (token.text === "ATOMIC" && isWord(before.at(-1), "BEGIN") && createsRoutine(before)) this.#blocks++;
      else if (this.#blocks > 0 && token.text === "CASE") this.#blocks++;
      else if (this.#blocks > 0 && token.text === "END") this.#blocks--;
    }
  }
}

const isWord = (token: Token | undefined, text: string): boolean =>
  token?.kind === "word" && token.text === text;

function createsRoutine(tokens: readonly Token[]): boolean {
  if (!isWord(tokens[0], "CREATE")) return false;
  const kind = isWord(tokens[1], "OR") && isWord(tokens[2], "REPLACE") ? tokens[3] : tokens[1];
  return isWord(kind, "FUNCTION") || isWord(kind, "PROCEDURE");
}

function readsStdin(tokens: readonly Token[]): boolean {
  if (!isWord(tokens[0], "COPY")) return false;
  return tokens.some((token, i) => isWord(token, "FROM") && isWord(tokens[i + 1], "STDIN"));
}

const lineFrom = (sql: string, offset: number): string => {
  const length = sql.slice(offset).search(/[\r\n]/);
  return length === -1 ? sql.slice(offset) : sql.slice(offset, offset + length);
};

/** The lines after a COPY statement up to `\.`, or up to the end of the file. */
function copyData(sql: string, afterSemicolon: number): { text: string; end: number } {
  const lineBreak = sql.indexOf("\n", afterSemicolon);
  if (lineBreak === -1) return { text: "", end: sql.length };
  const start = lineBreak + 1;
  const close = /^\\\.\r?$/m.exec(sql.slice(start));
  if (!close) return { text: sql.slice(start), end: sql.length };
  return { text: sql.slice(start, start + close.index), end: start + close.index + close[0].length };
}
