import type { Token } from "./lexer.ts";
import { splitAtCommas, Words } from "./words.ts";

/** One action of an ALTER TABLE statement. */
export interface TableAction {
  kind:
    | "add-column"
    | "drop-column"
    | "alter-type"
    | "set-not-null"
    | "drop-default"
    | "add-constraint"
    | "drop-constraint"
    | "rename-column"
    | "rename-table"
    | "rename-constraint"
    | "detach-partition"
    | "other";
  /** Column or constraint that it is about. */
  name: string | null;
  tokens: readonly Token[];
}

export interface AlterTable {
  table: string;
  actions: TableAction[];
}

const constraintWords = ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "CONSTRAINT"];

/** Takes an `ALTER TABLE` statement apart; null when it is not one. */
export function alterTable(tokens: readonly Token[]): AlterTable | null {
  const words = new Words(tokens);
  if (!words.accept("ALTER", "TABLE")) return null;
  words.acceptIfExists();
  words.accept("ONLY");
  const table = words.name();
  if (!table) return null;
  if (words.next?.text === "*") words.at++;
  return { table, actions: splitAtCommas(tokens.slice(words.at)).map(action) };
}

function action(tokens: readonly Token[]): TableAction {
  const words = new Words(tokens);
  const as = (kind: TableAction["kind"], name: string | null = null): TableAction => ({ kind, name, tokens });

  if (words.accept("ADD")) {
    if (constraintWords.some((word) => words.sees(word))) {
      return as("add-constraint", words.accept("CONSTRAINT") ? words.name() : null);
    }
    words.accept("COLUMN");
    words.acceptIfExists();
    return as("add-column", words.name());
  }
  if (words.accept("DROP")) {
    const isConstraint = words.accept("CONSTRAINT");
    if (!isConstraint) words.accept("COLUMN");
    words.acceptIfExists();
    return as(isConstraint ? "drop-constraint" : "drop-column", words.name());
  }
  if (words.accept("ALTER")) {
    if (words.accept("CONSTRAINT")) return as("other", words.name());
    words.accept("COLUMN");
    const column = words.name();
    if (words.sees("TYPE") || words.sees("SET", "DATA", "TYPE")) return as("alter-type", column);
    if (words.sees("SET", "NOT", "NULL")) return as("set-not-null", column);
    if (words.sees("DROP", "DEFAULT")) return as("drop-default", column);
    return as("other", column);
  }
  if (words.accept("RENAME")) {
    if (words.accept("TO")) return as("rename-table", words.name());
    if (words.accept("CONSTRAINT")) return as("rename-constraint", words.name());
    words.accept("COLUMN");
    return as("rename-column", words.name());
  }
  if (words.accept("DETACH", "PARTITION")) return as("detach-partition", words.name());
  return as("other");
}
