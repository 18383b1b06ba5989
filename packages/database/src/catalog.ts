import { canonicalJson, digestOf, type SchemaSummary } from "@sluice/documents";
import { compareVersions } from "@sluice/sql";
import { isServerError } from "./failure.ts";
import type { History } from "./history.ts";
import { quoted, type Session } from "./session.ts";

/** Tables above this estimate are not counted: a count reads the whole table. */
const countLimit = 1_000_000;

/** Objects of the application: no system schema, nothing temporary, nothing of an extension, not the history. */
const ofApplication = (object: string, namespace: string, catalog: string): string => `
  ${namespace}.nspname NOT LIKE 'pg\\_%' AND ${namespace}.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = '${catalog}'::regclass
                     AND d.objid = ${object}.oid AND d.deptype = 'e')`;

const isNotHistory = `c.relname NOT IN ('sluice_migrations', 'sluice_migrations_pkey')`;

/** Everything that a program or a query planner can tell apart, one line each. */
const factQueries: Record<string, string> = {
  relations: `
    SELECT format('%s %I.%I %s %s', c.relkind, n.nspname, c.relname, c.relpersistence,
                  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END) AS fact
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${isNotHistory} AND ${ofApplication("c", "n", "pg_class")}`,
  columns: `
    SELECT format('%I.%I.%I %s %s %s %s %s', n.nspname, c.relname, a.attname,
                  format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                  pg_get_expr(def.adbin, def.adrelid)) AS fact
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef def ON def.adrelid = c.oid AND def.adnum = a.attnum
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'c') AND ${isNotHistory}
       AND ${ofApplication("c", "n", "pg_class")}`,
  constraints: `
    SELECT format('%I.%I %I %s %s', n.nspname, c.relname, con.conname, pg_get_constraintdef(con.oid), con.convalidated) AS fact
      FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE ${isNotHistory} AND ${ofApplication("c", "n", "pg_class")}`,
  indexes: `
    SELECT format('%s %s', pg_get_indexdef(i.indexrelid), i.indisvalid) AS fact
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE ${isNotHistory} AND ${ofApplication("c", "n", "pg_class")}`,
  functions: `
    SELECT pg_get_functiondef(p.oid) AS fact
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind IN ('f', 'p') AND ${ofApplication("p", "n", "pg_proc")}`,
  triggers: `
    SELECT pg_get_triggerdef(t.oid) AS fact
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT t.tgisinternal AND ${ofApplication("c", "n", "pg_class")}`,
  types: `
    SELECT format('%I.%I %s %s', n.nspname, t.typname, t.typtype,
                  (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)
                     FROM pg_enum e WHERE e.enumtypid = t.oid)) AS fact
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE t.typtype IN ('e', 'd', 'r') AND ${ofApplication("t", "n", "pg_type")}`,
  extensions: `SELECT format('%I %s', extname, extversion) AS fact FROM pg_extension WHERE extname <> 'plpgsql'`,
};

export type SchemaFacts = Record<string, string[]>;

/**
 * Every fact about the schema, sorted; the same schema gives the same facts on every server. To be
 * called inside a transaction, whose `search_path` it empties: the server leaves out the schema of
 * names that are found by it.
 */
export async function schemaFacts(session: Session): Promise<SchemaFacts> {
  const facts: SchemaFacts = {};
  await session.query("SET LOCAL search_path = ''");
  for (const [kind, sql] of Object.entries(factQueries)) {
    const rows = await session.query<{ fact: string }>(sql);
    facts[kind] = rows.map((row) => row.fact).sort();
  }
  return facts;
}

/** SHA-256 over the facts. */
export const fingerprintOf = (facts: SchemaFacts): string => digestOf(canonicalJson(facts));

export interface TableInfo {
  schema: string;
  name: string;
  columns: number;
  /** The server's estimate; -1 when it never looked. */
  estimate: number;
  /** A partitioned table has its rows in its partitions. */
  isPartitioned: boolean;
}

/**
 * The tables of the application. Partitions are left out, since their parent counts, and so is the
 * history; a backup has both.
 */
export async function listTables(session: Session, { forBackup = false } = {}): Promise<TableInfo[]> {
  return session.query<TableInfo & Record<string, unknown>>(
    `SELECT n.nspname AS schema, c.relname AS name, c.reltuples::float8 AS estimate, c.relkind = 'p' AS "isPartitioned",
            (SELECT count(*)::int FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND ($1 OR NOT c.relispartition AND ${isNotHistory}) AND c.relpersistence <> 't' AND ${ofApplication("c", "n", "pg_class")}
      ORDER BY n.nspname, c.relname`,
    [forBackup],
  );
}

/**
 * What the database looks like now: newest migration, tables with their rows, fingerprint of the
 * schema. Tables of more than a million rows are estimated.
 */
export async function summarizeSchema(session: Session, history: History): Promise<SchemaSummary> {
  await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    return await summarizeSnapshot(session, history);
  } finally {
    await session.query("ROLLBACK").catch(() => {});
  }
}

async function summarizeSnapshot(session: Session, history: History): Promise<SchemaSummary> {
  const tables = await listTables(session);
  const counts = await countRows(session, tables);
  const applied = (await history.read(session)).filter((row) => row.appliedAt !== null);
  return {
    version:
      applied
        .map((row) => row.version)
        .sort(compareVersions)
        .at(-1) ?? null,
    applied: applied.length,
    tables: tables.map((table, i) => ({
      name: table.schema === history.schema ? table.name : `${table.schema}.${table.name}`,
      columns: table.columns,
      rows: counts[i] ?? Math.max(0, Math.round(table.estimate)),
      ...(counts[i] === null ? { isEstimate: true } : {}),
    })),
    fingerprint: fingerprintOf(await schemaFacts(session)),
  };
}

/**
 * Exact counts in one round trip; null for a table that is too large to be counted. To look must not
 * fail: when somebody holds a table or the counting takes too long, all are null.
 */
async function countRows(session: Session, tables: TableInfo[]): Promise<(number | null)[]> {
  const counts = tables.map((): number | null => null);
  const parts = tables.flatMap((table, i) =>
    table.estimate > countLimit
      ? []
      : [`SELECT ${i} AS i, count(*)::float8 AS rows FROM ${quoted(table.schema)}.${quoted(table.name)}`],
  );
  if (parts.length === 0) return counts;
  await session.query(
    "SAVEPOINT counting; SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '1s'",
  );
  try {
    const rows = await session.query<{ i: number; rows: number }>(parts.join(" UNION ALL "));
    for (const { i, rows: count } of rows) counts[i] = count;
  } catch (error) {
    if (!isServerError(error)) throw error;
  }
  await session.query("ROLLBACK TO SAVEPOINT counting");
  return counts;
}

/** An index that exists and that no query can use, because its concurrent build did not end. */
export interface InvalidIndex {
  schema: string;
  name: string;
  table: string;
}

export async function invalidIndexes(session: Session): Promise<InvalidIndex[]> {
  return session.query<InvalidIndex & Record<string, unknown>>(
    `SELECT n.nspname AS schema, c.relname AS name, t.relname AS table
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT LIKE 'pg\\_%'
      ORDER BY 1, 2`,
  );
}

/** Constraints that are not checked for the rows that were there before them. */
export async function unvalidatedConstraints(session: Session): Promise<{ name: string; table: string }[]> {
  return session.query<{ name: string; table: string }>(
    `SELECT con.conname AS name, con.conrelid::regclass::text AS table
       FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT con.convalidated AND ${ofApplication("c", "n", "pg_class")} ORDER BY 2, 1`,
  );
}
