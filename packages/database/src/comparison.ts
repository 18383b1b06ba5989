import type { Problem } from "@sluice/documents";
import { compareVersions } from "@sluice/sql";
import type { Migration } from "./directory.ts";
import type { HistoryRow } from "./history.ts";

/** Files against history. */
export interface Comparison {
  /** Fully applied and unchanged, in order. */
  applied: { migration: Migration; row: HistoryRow }[];
  /** To be applied, in order; `row` when some of its statements already are. */
  pending: { migration: Migration; row: HistoryRow | null }[];
  /** Severity `error`: nothing may be applied. */
  problems: Problem[];
}

/** Compares the files with what the database says was applied. Pure. */
export function compare(migrations: readonly Migration[], history: readonly HistoryRow[]): Comparison {
  const rows = new Map(history.map((row) => [row.version, row]));
  const files = new Map(migrations.map((migration) => [migration.version, migration]));
  const newestApplied = history
    .filter((row) => row.appliedAt !== null)
    .map((row) => row.version)
    .sort(compareVersions)
    .at(-1);
  const newestFile = migrations.at(-1)?.version;
  const result: Comparison = { applied: [], pending: [], problems: [] };

  for (const migration of migrations) {
    const row = rows.get(migration.version) ?? null;
    if (row?.appliedAt) {
      if (row.checksum !== migration.checksum) result.problems.push(changed(migration, row));
      result.applied.push({ migration, row });
      continue;
    }
    if (row) result.problems.push(...changedBehind(migration, row));
    if (!row && newestApplied !== undefined && compareVersions(migration.version, newestApplied) < 0) {
      result.problems.push(outOfOrder(migration, newestApplied));
    }
    result.pending.push({ migration, row });
  }
  for (const row of [...history].sort((a, b) => compareVersions(a.version, b.version))) {
    if (files.has(row.version)) continue;
    const isNewer = newestFile !== undefined && compareVersions(row.version, newestFile) > 0;
    result.problems.push(isNewer ? ahead(row, newestFile) : missing(row));
  }
  return result;
}

function changed({ file, version, checksum }: Migration, row: HistoryRow): Problem {
  return {
    severity: "error",
    reasonCode: "migrate.changed-file",
    message:
      `Version ${version} was applied on ${row.appliedAt} by ${row.run} and has been changed since: ` +
      `it had ${row.checksum} and has ${checksum}.`,
    remedy: "Put the file back as it was, and write the change as a new migration.",
    location: { file },
  };
}

/** Of a file that was applied in part, only what comes after may be changed. */
function changedBehind(migration: Migration, row: HistoryRow): Problem[] {
  const index = row.statements.findIndex(
    (statement, i) => statement.state === "done" && statement.hash !== migration.script.statements[i]?.hash,
  );
  if (index === -1) return [];
  const statement = migration.script.statements[index];
  return [
    {
      severity: "error",
      reasonCode: "migrate.changed-file",
      message: `Version ${migration.version} was applied up to statement ${doneCount(row)}, and statement ${index + 1} has been changed since.`,
      remedy: "Put the statements that were applied back as they were; those after them may be changed.",
      location: {
        file: migration.file,
        ...(statement ? { line: statement.line, column: statement.column } : {}),
      },
    },
  ];
}

/** Statements at the beginning of a file that are done. */
export const doneCount = (row: HistoryRow | null): number => {
  const index = row?.statements.findIndex((statement) => statement.state !== "done") ?? 0;
  return index === -1 ? row!.statements.length : index;
};

function outOfOrder({ file, version }: Migration, newest: string): Problem {
  return {
    severity: "error",
    reasonCode: "migrate.out-of-order",
    message: `Version ${version} is not applied, and the newer version ${newest} is.`,
    remedy: `Give the file a version above ${newest}, and check that it still fits what came in between.`,
    location: { file },
  };
}

function missing(row: HistoryRow): Problem {
  return {
    severity: "error",
    reasonCode: "migrate.missing-file",
    message: `Version ${row.version} (${row.name}) was applied by ${row.run}, and its file is not there.`,
    remedy: "Bring the file back, for example from the history of the repository.",
  };
}

/** Older code on a newer schema is what a rollback looks like: expand migrations stay. */
function ahead(row: HistoryRow, newestFile: string): Problem {
  return {
    severity: "warning",
    reasonCode: "migrate.ahead",
    message: `The database has version ${row.version} (${row.name}), which is newer than the newest file (${newestFile}).`,
    remedy: "That is right after a rollback. Otherwise check that this is the right commit.",
  };
}
