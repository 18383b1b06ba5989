import { quoted, type Session } from "./session.ts";

/** A statement of a file that is run statement by statement. */
export interface StatementRecord {
  /** SHA-256 of the statement. */
  hash: string;
  /** `started` is written before it is sent; when it stays, nobody knows how it ended. */
  state: "started" | "done";
  seconds?: number;
  /** Indexes of the table before the statement, when it adds one whose name the server chooses. */
  indexesBefore?: string[];
}

/** A migration as the history table knows it. */
export interface HistoryRow {
  version: string;
  name: string;
  checksum: string;
  phase: string;
  /** Run that applied it. */
  run: string;
  startedAt: string;
  /** Null while only some of its statements are applied. */
  appliedAt: string | null;
  seconds: number;
  statements: StatementRecord[];
  /** Fingerprint of the schema after the run that this migration ended. */
  fingerprint: string | null;
}

/** The table `sluice_migrations` in the schema where the tables of the application are created. */
export class History {
  readonly schema: string;
  readonly table: string;

  constructor(schema: string) {
    this.schema = schema;
    // With its schema: a script may change search_path.
    this.table = `${quoted(schema)}.sluice_migrations`;
  }

  /** Finds the schema: the first of `search_path` that exists. */
  static async locate(session: Session): Promise<History> {
    const [row] = await session.query<{ schema: string | null }>("SELECT current_schema() AS schema");
    return new History(row?.schema ?? "public");
  }

  async exists(session: Session): Promise<boolean> {
    const [found] = await session.query<{ exists: boolean }>("SELECT to_regclass($1) IS NOT NULL AS exists", [
      this.table,
    ]);
    return found?.exists === true;
  }

  /** Creates the table when it is not there. */
  async create(session: Session): Promise<void> {
    // Asked first: with IF NOT EXISTS alone the server would say each time that it skips it.
    if (await this.exists(session)) return;
    await session.query(
      `CREATE TABLE IF NOT EXISTS ${this.table} (
         version text PRIMARY KEY,
         name text NOT NULL,
         checksum text NOT NULL,
         phase text NOT NULL,
         run text NOT NULL,
         started_at timestamptz NOT NULL DEFAULT now(),
         applied_at timestamptz,
         seconds double precision NOT NULL DEFAULT 0,
         statements jsonb NOT NULL,
         fingerprint text
       )`,
    );
  }

  /** Every row, in no order; empty when there is no table. */
  async read(session: Session): Promise<HistoryRow[]> {
    if (!(await this.exists(session))) return [];
    return session.query<HistoryRow & Record<string, unknown>>(
      `SELECT version, name, checksum, phase, run, seconds, statements, fingerprint,
              to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "startedAt",
              to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "appliedAt"
         FROM ${this.table}`,
    );
  }

  /** Writes a row, or replaces the one of a file that was applied in part. */
  async write(
    session: Session,
    row: Pick<HistoryRow, "version" | "name" | "checksum" | "phase" | "run" | "seconds" | "statements">,
    { isApplied }: { isApplied: boolean },
  ): Promise<void> {
    await session.query(
      `INSERT INTO ${this.table} (version, name, checksum, phase, run, seconds, statements, applied_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN clock_timestamp() END)
       ON CONFLICT (version) DO UPDATE SET
         (name, checksum, phase, run, seconds, statements, applied_at) =
         (excluded.name, excluded.checksum, excluded.phase, excluded.run, excluded.seconds,
          excluded.statements, excluded.applied_at)`,
      [
        ...[row.version, row.name, row.checksum, row.phase, row.run, row.seconds],
        JSON.stringify(row.statements),
        isApplied,
      ],
    );
  }

  /** Notes what the schema looked like when this migration was the newest. */
  async writeFingerprint(session: Session, version: string, fingerprint: string): Promise<void> {
    await session.query(`UPDATE ${this.table} SET fingerprint = $2 WHERE version = $1`, [
      version,
      fingerprint,
    ]);
  }
}
