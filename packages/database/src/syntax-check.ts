import type pg from "pg";

/** The part of pg's connection that a query object of one's own may use. */
interface Wire {
  parse(query: { text: string; name: string; types: number[] }): void;
  sync(): void;
}

/**
 * A query that is parsed by the server and never run: the Parse message of the extended protocol
 * and nothing after it. pg gives every answer to the methods of the object, as it does for its own
 * cursors and COPY streams.
 */
export class SyntaxCheck implements pg.Submittable {
  readonly #sql: string;
  readonly #done: (error: pg.DatabaseError | null) => void;

  constructor(sql: string, done: (error: pg.DatabaseError | null) => void) {
    this.#sql = sql;
    this.#done = done;
  }

  submit(connection: unknown): void {
    const wire = connection as Wire;
    wire.parse({ text: this.#sql, name: "", types: [] });
    wire.sync();
  }

  /** Also called for a lost connection. After an error pg asks for nothing more. */
  handleError(error: pg.DatabaseError): void {
    this.#done(error);
  }

  handleReadyForQuery(): void {
    this.#done(null);
  }
}
