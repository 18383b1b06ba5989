import type { ConcurrentIndex } from "@sluice/sql";
import { quoted, type Session } from "./session.ts";

interface FoundIndex {
  schema: string;
  name: string;
  isValid: boolean;
}

/** Indexes of a table, or the index of a name, as the server resolves the name in this session. */
async function find(session: Session, by: { table: string } | { index: string }): Promise<FoundIndex[]> {
  const [column, name] = "table" in by ? ["indrelid", by.table] : ["indexrelid", by.index];
  return session.query<FoundIndex & Record<string, unknown>>(
    `SELECT n.nspname AS schema, c.relname AS name, i.indisvalid AS "isValid"
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE i.${column} = to_regclass($1) ORDER BY 1, 2`,
    [quotedName(name)],
  );
}

/** `a.b` as the folded parts that the lexer gave, quoted so that they are not folded again. */
const quotedName = (name: string): string => name.split(".").map(quoted).join(".");

export interface IndexState {
  /** Nothing is left to do: an earlier attempt, whose end nobody saw, has done it. */
  isDone: boolean;
  /** Indexes of the table, to recognise the one that the server will name. */
  indexesBefore?: string[];
  /** Names of INVALID left-overs that were dropped. */
  dropped: string[];
}

/**
 * Makes ready for a concurrent index statement: drops what an interrupted build has left, and finds
 * out whether an attempt that was started before has succeeded.
 *
 * @param earlier record of an attempt whose end nobody saw; undefined when there was none
 */
export async function prepareIndex(
  session: Session,
  index: ConcurrentIndex,
  earlier: { indexesBefore?: string[] } | undefined,
): Promise<IndexState> {
  const dropped: string[] = [];
  const drop = async (found: FoundIndex) => {
    await session.query(`DROP INDEX CONCURRENTLY IF EXISTS ${quoted(found.schema)}.${quoted(found.name)}`);
    dropped.push(found.name);
  };

  if (index.action === "drop") {
    const found = index.name ? await find(session, { index: index.name }) : [];
    return { isDone: earlier !== undefined && found.length === 0, dropped };
  }
  if (index.action === "reindex") {
    if (earlier && index.table) {
      for (const found of await find(session, { table: index.table })) {
        // The names that the server gives to the copy while it is built and to the old one afterwards.
        if (!found.isValid && /_cc(new|old)\d*$/.test(found.name)) await drop(found);
      }
    }
    return { isDone: false, dropped };
  }

  // A new index lives in the schema of its table.
  const onTable = index.table ? await find(session, { table: index.table }) : [];
  if (index.name !== null) {
    const found = onTable.find((candidate) => candidate.name === index.name);
    if (found && !found.isValid) await drop(found);
    return { isDone: earlier !== undefined && found?.isValid === true, dropped };
  }
  const before = earlier?.indexesBefore;
  const since = before ? onTable.filter((found) => !before.includes(found.name)) : [];
  for (const found of since) if (!found.isValid) await drop(found);
  return {
    isDone: since.some((found) => found.isValid),
    indexesBefore: before ?? onTable.map((found) => found.name),
    dropped,
  };
}

/** How far the server is with the index that another session builds; null when it builds none. */
export async function indexProgress(session: Session, pid: number): Promise<string | null> {
  const [row] = await session.query<{ phase: string; done: string; total: string; lockers: string }>(
    `SELECT phase, GREATEST(blocks_done, tuples_done) AS done, GREATEST(blocks_total, tuples_total) AS total,
            CASE WHEN lockers_total > 0 THEN format(', waits for transaction %s of %s', lockers_done + 1, lockers_total) ELSE '' END AS lockers
       FROM pg_stat_progress_create_index WHERE pid = $1`,
    [pid],
  );
  if (!row) return null;
  const share = Number(row.total) > 0 ? ` ${Math.floor((100 * Number(row.done)) / Number(row.total))} %` : "";
  return `${row.phase}${share}${row.lockers}`;
}
