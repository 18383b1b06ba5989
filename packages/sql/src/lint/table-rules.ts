import { alterTable, type TableAction } from "../alter-table.ts";
import { Words } from "../words.ts";
import type { LintContext, Rule } from "./rule.ts";

interface Found {
  table: string;
  action: TableAction;
  words: Words;
}

/** Actions of one kind on a table that is in use. */
function actionsOf({ statement, newTables }: LintContext, kind: TableAction["kind"]): Found[] {
  const alter = alterTable(statement.tokens);
  if (!alter || newTables.has(alter.table)) return [];
  return alter.actions
    .filter((action) => action.kind === kind)
    .map((action) => ({ table: alter.table, action, words: new Words(action.tokens) }));
}

const contractLater =
  "First release a version that does not use it. Then do this in a later migration, when no older version runs.";

const dropColumn: Rule = {
  id: "drop-column",
  severity: "warning",
  title: "A column is dropped",
  isContract: true,
  check: (context) =>
    actionsOf(context, "drop-column").map(({ table, action }) => ({
      why: `The running version may still read or write ${table}.${action.name}, and its rows are lost.`,
      safeWay: contractLater,
    })),
};

const dropTable: Rule = {
  id: "drop-table",
  severity: "warning",
  title: "A table, view or other object that programs use is dropped",
  isContract: true,
  check({ statement, newTables }) {
    const words = new Words(statement.tokens);
    if (!words.accept("DROP")) return [];
    const kind = words.acceptOneOf(
      "TABLE",
      "VIEW",
      "MATERIALIZED",
      "SCHEMA",
      "FUNCTION",
      "PROCEDURE",
      "TYPE",
    );
    if (!kind) return [];
    words.accept("VIEW");
    words.acceptIfExists();
    const name = words.name() ?? "it";
    if (newTables.has(name)) return [];
    return [{ why: `The running version may still use ${name}.`, safeWay: contractLater }];
  },
};

const rename: Rule = {
  id: "rename",
  severity: "warning",
  title: "A column or table gets another name",
  isContract: true,
  check: (context) =>
    [...actionsOf(context, "rename-column"), ...actionsOf(context, "rename-table")].map(
      ({ table, action }) => ({
        why:
          action.kind === "rename-table"
            ? `The running version knows the table as ${table} and fails at once.`
            : `The running version knows the column ${table}.${action.name} by its old name and fails at once.`,
        safeWay:
          action.kind === "rename-table"
            ? `Rename it and leave a view under the old name in the same file: CREATE VIEW ${table} AS SELECT * FROM new_name;`
            : "Add a column with the new name, write both, copy the rows, read the new one, and drop the old one in a later migration.",
      }),
    ),
};

const requiredColumn: Rule = {
  id: "not-null-without-default",
  severity: "error",
  title: "A required column is added without a default",
  isContract: true,
  check: (context) =>
    actionsOf(context, "add-column")
      .filter(
        ({ words }) =>
          words.contains("NOT", "NULL") && !words.contains("DEFAULT") && !words.contains("GENERATED"),
      )
      .map(({ table, action }) => ({
        why: `It fails when ${table} has rows, and every INSERT of the running version fails, since it does not know ${action.name}.`,
        safeWay: `Add ${action.name} with a constant DEFAULT, or without NOT NULL and require it in a later migration.`,
      })),
};

const setNotNull: Rule = {
  id: "set-not-null",
  severity: "warning",
  title: "A column becomes required",
  isContract: true,
  check: (context) =>
    actionsOf(context, "set-not-null").map(({ table, action }) => ({
      why: `It reads the whole of ${table} while nobody else can use it, and the running version may still write NULL.`,
      safeWay:
        `ALTER TABLE ${table} ADD CONSTRAINT ${action.name}_present CHECK (${action.name} IS NOT NULL) NOT VALID;\n` +
        `in the next file: ALTER TABLE ${table} VALIDATE CONSTRAINT ${action.name}_present;\n` +
        `then SET NOT NULL, which then reads nothing, and drop the constraint.`,
    })),
};

const changeType: Rule = {
  id: "change-column-type",
  severity: "warning",
  title: "A column gets another type",
  isContract: true,
  check: (context) =>
    actionsOf(context, "alter-type").map(({ table, action }) => ({
      why: `${table} may be rewritten while nobody can use it, and the running version expects the old type of ${action.name}.`,
      safeWay:
        "Add a column of the new type, write both, copy the rows, read the new one, drop the old one later.",
    })),
};

const addConstraint: Rule = {
  id: "constraint-not-valid-missing",
  severity: "warning",
  title: "A constraint is added that reads the whole table under a lock",
  check: (context) =>
    actionsOf(context, "add-constraint")
      .filter(
        ({ words }) =>
          (words.contains("CHECK") || words.contains("FOREIGN", "KEY")) && !words.contains("NOT", "VALID"),
      )
      .map(({ table, action }) => ({
        why: `Every row of ${table} is checked while writes wait.`,
        safeWay: `Add it with NOT VALID, and in the next file: ALTER TABLE ${table} VALIDATE CONSTRAINT ${action.name ?? "its_name"};`,
      })),
};

const addKey: Rule = {
  id: "constraint-builds-index",
  severity: "warning",
  title: "A primary key or unique constraint is added that builds its index under a lock",
  check: (context) =>
    actionsOf(context, "add-constraint")
      .filter(
        ({ words }) =>
          (words.contains("UNIQUE") || words.contains("PRIMARY", "KEY")) && !words.contains("USING", "INDEX"),
      )
      .map(({ table, action }) => ({
        why: `The index is built while nobody can read or write ${table}.`,
        safeWay:
          `CREATE UNIQUE INDEX CONCURRENTLY ${action.name ?? "name"} ON ${table} (…);\n` +
          `in the next file: ALTER TABLE ${table} ADD CONSTRAINT … USING INDEX ${action.name ?? "name"};`,
      })),
};

export const tableRules: Rule[] = [
  dropColumn,
  dropTable,
  rename,
  requiredColumn,
  setNotNull,
  changeType,
  addConstraint,
  addKey,
];
