import type { MigrationFile, Problem, SchemaSummary } from "@sluice/documents";
import { type Finding, lint, phaseOf } from "@sluice/sql";
import { summarizeSchema } from "./catalog.ts";
import { compare, doneCount } from "./comparison.ts";
import { type Migration, readMigrations } from "./directory.ts";
import { History, type HistoryRow } from "./history.ts";
import { holderOf, type LockHolder } from "./lock.ts";
import { Session } from "./session.ts";
import { safeUrl } from "./url.ts";

export interface InspectOptions {
  url: string;
  directory: string;
  /** Directory that shown paths are relative to; the working directory by default. */
  root?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface MigrationStatus {
  /** Without user and password. */
  database: string;
  schema: SchemaSummary;
  /** Every file in order, with `already-applied` or `pending`. */
  migrations: MigrationFile[];
  /** Changed, missing and misplaced files (errors), and a schema that was changed by hand (warning). */
  problems: Problem[];
  /** The run that migrates at this moment. */
  holder: LockHolder | null;
}

/**
 * Where a database stands against the files. Changes nothing.
 *
 * @throws Refusal when the files cannot be read or the database cannot be reached
 */
export async function status(options: InspectOptions): Promise<MigrationStatus> {
  const migrations = await readMigrations(options.directory, options.root);
  return withSession(options.url, options.signal, async (session) => {
    const history = await History.locate(session);
    const rows = await history.read(session);
    const compared = compare(migrations, rows);
    const schema = await summarizeSchema(session, history);
    return {
      database: safeUrl(options.url),
      schema,
      migrations: describeMigrations(migrations, rows),
      problems: [...compared.problems, ...driftOf(rows, schema)],
      holder: await holderOf(session, history.schema, "run"),
    };
  });
}

export interface PlannedMigration extends MigrationFile {
  /** The statements that would be sent, with their places; those that are done already are left out. */
  plan: { line: number; column: number; text: string; standsAlone: boolean }[];
  /** What in it can harm a running service. */
  findings: Finding[];
}

export interface MigrationPlan {
  database: string;
  /** Pending files in order. */
  migrations: PlannedMigration[];
  /** Severity `error`: `migrate` would refuse. */
  problems: Problem[];
}

/**
 * What `migrate` would do now. Changes nothing.
 *
 * @throws Refusal when the files cannot be read or the database cannot be reached
 */
export async function plan(options: InspectOptions): Promise<MigrationPlan> {
  const migrations = await readMigrations(options.directory, options.root);
  return withSession(options.url, options.signal, async (session) => {
    const rows = await (await History.locate(session)).read(session);
    const { pending, problems } = compare(migrations, rows);
    return {
      database: safeUrl(options.url),
      migrations: pending.map(({ migration, row }) => ({
        ...describe(migration, row),
        plan: migration.script.statements.slice(doneCount(row)).map(({ line, column, text, facts }) => ({
          ...{ line, column, text },
          standsAlone: facts.nonTransactional !== null,
        })),
        findings: lint(migration.script),
      })),
      problems: [...problems, ...pending.flatMap(({ migration }) => scriptProblems(migration))],
    };
  });
}

export interface Ping {
  database: string;
  /** As in `18.4`. */
  serverVersion: string;
  /** Connections to this database and the most that the server takes. */
  connections: { used: number; limit: number };
  /** A replica that only answers reads. */
  isReadOnly: boolean;
}

/**
 * Connects and asks a question (R319).
 *
 * @throws Refusal `migrate.unreachable`, `migrate.credentials` or `migrate.invalid-url`
 */
export async function ping(
  url: string,
  { signal, timeoutSeconds = 5 }: { signal?: AbortSignal; timeoutSeconds?: number } = {},
): Promise<Ping> {
  return withSession(
    url,
    signal,
    async (session) => {
      const [row] = await session.query<{ version: string; used: number; limit: number; replica: boolean }>(
        `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS replica,
                current_setting('max_connections')::int AS "limit",
                (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()) AS used`,
      );
      const { version, used, limit, replica } = row!;
      return {
        database: safeUrl(url),
        serverVersion: version.split(" ")[0]!,
        connections: { used, limit },
        isReadOnly: replica,
      };
    },
    timeoutSeconds,
  );
}

/** Tables, rows, newest migration and fingerprint of a database as it is now. @throws Refusal */
export async function summarize(url: string, signal?: AbortSignal): Promise<SchemaSummary> {
  return withSession(url, signal, async (session) => summarizeSchema(session, await History.locate(session)));
}

async function withSession<T>(
  url: string,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<T>,
  connectTimeoutSeconds = 10,
): Promise<T> {
  const session = await Session.open(url, {
    applicationName: "sluice",
    lockTimeoutSeconds: 5,
    statementTimeoutSeconds: 60,
    connectTimeoutSeconds,
    ...(signal ? { signal } : {}),
  });
  const stop = () => session.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await work(session);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    await session.close();
  }
}

/** The files as a document has them. */
export function describeMigrations(
  migrations: readonly Migration[],
  history: readonly HistoryRow[],
): MigrationFile[] {
  const rows = new Map(history.map((row) => [row.version, row]));
  return migrations.map((migration) => describe(migration, rows.get(migration.version) ?? null));
}

function describe(migration: Migration, row: HistoryRow | null): MigrationFile {
  const { version, name, file, checksum, script } = migration;
  return {
    ...{ version, name, file, checksum },
    phase: phaseOf(script),
    isTransactional: script.isTransactional,
    outcome: row?.appliedAt ? "already-applied" : "pending",
    statements: script.statements.length,
    seconds: row?.seconds ?? 0,
  };
}

/** What makes a file unfit to be run. */
export const scriptProblems = ({ file, script }: Migration): Problem[] =>
  script.problems.map(({ reasonCode, message, remedy, line, column }) => ({
    severity: "error",
    ...{ reasonCode, message, remedy },
    location: { file, line, column },
  }));

/** Findings of the lint as warnings; an error of the lint is no reason to stop by itself. */
export const lintProblems = (migration: Migration): Problem[] =>
  lint(migration.script)
    .filter(({ rule }) => rule !== "non-transactional-in-transaction")
    .map(({ rule, why, safeWay, line, column, severity }) => ({
      severity: severity === "notice" ? "notice" : "warning",
      reasonCode: "migrate.unsafe",
      message: `${why} (${rule})`,
      remedy: safeWay,
      location: { file: migration.file, line, column },
    }));

/** Whether somebody changed the schema since the newest migration left it. */
export function driftOf(rows: readonly HistoryRow[], schema: SchemaSummary): Problem[] {
  const newest = rows.find((row) => row.version === schema.version);
  if (!newest?.fingerprint || newest.fingerprint === schema.fingerprint) return [];
  return [
    {
      severity: "warning",
      reasonCode: "migrate.drift",
      message: `The schema is not as migration ${newest.version} left it on ${newest.appliedAt}.`,
      remedy: "Somebody changed it by hand. Write the change as a migration, or undo it.",
    },
  ];
}
