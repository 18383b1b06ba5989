import type { SchemaSummary, ValidationCheck } from "@sluice/documents";
import { removesRows, Words } from "@sluice/sql";
import { invalidIndexes, unvalidatedConstraints } from "./catalog.ts";
import type { Migration } from "./directory.ts";
import type { History } from "./history.ts";
import type { Session } from "./session.ts";

/**
 * Looks at the database after the migrations (R167, R173, R174): the history has every file, no index
 * is INVALID, no constraint is half there, and no table lost rows that nothing was to take away.
 * Only `history` and `indexes` are failures; the others may have another reason and are told.
 */
export async function validate(
  session: Session,
  history: History,
  migrations: readonly Migration[],
  applied: readonly Migration[],
  before: SchemaSummary | null,
  after: SchemaSummary,
): Promise<ValidationCheck[]> {
  const rows = new Map((await history.read(session)).map((row) => [row.version, row]));
  const wrong = migrations.filter(({ version, checksum }) => {
    const row = rows.get(version);
    return !row?.appliedAt || row.checksum !== checksum;
  });
  const invalid = await invalidIndexes(session);
  const open = await unvalidatedConstraints(session);
  const lost = lostRows(before, after, applied);
  const check = (
    name: ValidationCheck["name"],
    found: string[],
    good: string,
    bad: (list: string) => string,
  ): ValidationCheck => ({
    name,
    passed: found.length === 0,
    message: found.length === 0 ? good : bad(found.join(", ")),
  });
  return [
    check(
      "history",
      wrong.map(({ file }) => file),
      `The history has all ${migrations.length} migrations with their checksums.`,
      (list) => `The history does not have: ${list}.`,
    ),
    check(
      "indexes",
      invalid.map(({ name, table }) => `${name} on ${table}`),
      "Every index is valid.",
      (list) => `INVALID, and of no use to any query: ${list}.`,
    ),
    check(
      "constraints",
      open.map(({ name, table }) => `${name} on ${table}`),
      "Every constraint is validated.",
      (list) => `Not yet validated for older rows: ${list}.`,
    ),
    check("rows", lost, "No table lost rows.", (list) => `Fewer rows than before: ${list}.`),
  ];
}

/** Tables with fewer rows although no migration takes rows away; the application may have done it. */
function lostRows(
  before: SchemaSummary | null,
  after: SchemaSummary,
  applied: readonly Migration[],
): string[] {
  const isExpected = applied.some(({ script }) =>
    script.statements.some((statement) => removesRows(new Words(statement.tokens))),
  );
  if (!before || isExpected) return [];
  return before.tables.flatMap(({ name, rows, isEstimate }) => {
    const now = after.tables.find((table) => table.name === name);
    if (!now || isEstimate || now.isEstimate || now.rows >= rows) return [];
    return [`${name} (${rows} before, ${now.rows} now)`];
  });
}
