import type { Readable } from "node:stream";
import { Readable as ReadableStream } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { connectionProblem } from "./failure.ts";
import { SyntaxCheck } from "./syntax-check.ts";

export interface SessionOptions {
  /** Names the run in `pg_stat_activity`. */
  applicationName: string;
  /** Seconds until a statement gives up waiting for a lock; 0 means never. */
  lockTimeoutSeconds?: number;
  /** Seconds until a statement is cancelled by the server; 0 means never. */
  statementTimeoutSeconds?: number;
  connectTimeoutSeconds?: number;
  onNotice?: (text: string) => void;
  signal?: AbortSignal;
}

/**
 * One connection to PostgreSQL, with the settings that every statement of ours runs under. The server
 * notices within a second when this process is gone and ends what it was doing.
 */
export class Session {
  readonly #client: pg.Client;
  readonly #options: SessionOptions;
  readonly #settings: string[];
  #isLost = false;

  private constructor(client: pg.Client, options: SessionOptions, settings: string[]) {
    this.#client = client;
    this.#options = options;
    this.#settings = settings;
    client.on("error", () => {
      this.#isLost = true;
    });
    client.on("end", () => {
      this.#isLost = true;
    });
  }

  /**
   * Connects.
   *
   * @throws Refusal `migrate.unreachable`, `migrate.credentials` or `migrate.invalid-url`
   */
  static async open(url: string, options: SessionOptions): Promise<Session> {
    const { applicationName, lockTimeoutSeconds = 0, statementTimeoutSeconds = 0, signal } = options;
    signal?.throwIfAborted();
    // Loaded when somebody connects: most actions import this package and never do.
    const { default: pg } = await import("pg");
    const client = new pg.Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: (options.connectTimeoutSeconds ?? 10) * 1000,
      keepAlive: true,
    });
    client.on("notice", (notice) => options.onNotice?.(notice.message ?? ""));
    const settings = [
      setting("lock_timeout", lockTimeoutSeconds * 1000),
      setting("statement_timeout", statementTimeoutSeconds * 1000),
      setting("idle_in_transaction_session_timeout", 0),
    ];
    const session = new Session(client, options, settings);
    const giveUp = () => session.destroy();
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      await client.connect();
      await session.#addOptionalSettings();
      await client.query(settings.join(";"));
    } catch (error) {
      session.destroy();
      signal?.throwIfAborted();
      throw connectionProblem(error, url);
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    return session;
  }

  /** Settings that older servers or other platforms do not have. */
  async #addOptionalSettings(): Promise<void> {
    // Since 14, not on every platform: without it a killed client's statement runs to its end.
    for (const [name, value] of [
      ["client_connection_check_interval", 1000],
      ["idle_session_timeout", 0],
    ] as const) {
      const sql = setting(name, value);
      const isKnown = await this.#client.query(sql).then(
        () => true,
        () => false,
      );
      if (isKnown) this.#settings.push(sql);
      else if (this.#isLost) throw new Error("Connection terminated unexpectedly");
    }
  }

  /** Process id of the server process, as the server gave it when we connected. */
  get pid(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  /** The connection was closed, by whomever. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Sends one statement (or, without values, several at once) and waits for its result. */
  async query<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    sql: string,
    values?: unknown[],
  ): Promise<Row[]> {
    if (this.#isLost) throw new Error("the connection was lost");
    return (await this.#client.query<Row>(sql, values)).rows;
  }

  /** Sends rows in the text format of COPY. */
  async copyFrom(sql: string, data: string): Promise<void> {
    const { from } = await import("pg-copy-streams");
    await pipeline(ReadableStream.from([data]), this.#client.query(from(sql)));
  }

  /** Reads rows in the text format of COPY; the stream's `rowCount` is set at its end. */
  async copyTo(sql: string): Promise<Readable & { rowCount: number | null }> {
    const { to } = await import("pg-copy-streams");
    return this.#client.query(to(sql)) as Readable & { rowCount: number | null };
  }

  /** Asks the server to parse a statement, without running it. Returns its complaint, or null. */
  async syntaxError(sql: string): Promise<pg.DatabaseError | null> {
    return new Promise((resolve) => this.#client.query(new SyntaxCheck(sql, resolve)));
  }

  /** Changes how long statements may wait and take; without arguments back to what the session began with. */
  async setTimeouts(
    lockSeconds = this.#options.lockTimeoutSeconds ?? 0,
    statementSeconds = this.#options.statementTimeoutSeconds ?? 0,
  ): Promise<void> {
    await this.#client.query(
      [
        setting("lock_timeout", lockSeconds * 1000),
        setting("statement_timeout", statementSeconds * 1000),
      ].join(";"),
    );
  }

  /** Undoes what a script may have set in the session: settings, role, temporary tables, cursors. */
  async reset(): Promise<void> {
    await this.#client.query(
      [
        "RESET ALL; RESET SESSION AUTHORIZATION; CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES",
        ...this.#settings,
      ].join(";"),
    );
  }

  /** Ends the session, politely if the server answers within two seconds. */
  async close(): Promise<void> {
    if (this.#isLost) return;
    const late = setTimeout(() => this.destroy(), 2000);
    await this.#client.end().catch(() => {});
    clearTimeout(late);
  }

  /** Cuts the connection at once; the server rolls back. */
  destroy(): void {
    this.#isLost = true;
    const { connection } = this.#client as unknown as { connection?: { stream?: { destroy(): void } } };
    connection?.stream?.destroy();
  }
}

const setting = (name: string, value: number): string =>
  `SELECT set_config('${name}', '${Math.round(value)}', false)`;

/** A name as SQL has it: in quotes. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
