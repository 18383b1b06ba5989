import { isWord, Words } from "../words.ts";
import type { Rule } from "./rule.ts";

const everyRow: Rule = {
  id: "every-row",
  severity: "warning",
  title: "UPDATE or DELETE without WHERE",
  check({ statement, newTables }) {
    const words = new Words(statement.tokens);
    const verb = words.acceptOneOf("UPDATE", "DELETE");
    if (!verb || words.contains("WHERE")) return [];
    words.accept("FROM");
    words.accept("ONLY");
    const table = words.name() ?? "the table";
    if (newTables.has(table)) return [];
    return [
      {
        why: `It ${verb === "UPDATE" ? "changes" : "deletes"} every row of ${table} in one transaction and holds their locks until its end.`,
        safeWay: "Do it in batches by primary key, or say WHERE true when the table is small.",
      },
    ];
  },
};

const truncate: Rule = {
  id: "truncate",
  severity: "warning",
  title: "A table is emptied",
  isContract: true,
  check({ statement, newTables }) {
    const words = new Words(statement.tokens);
    if (!words.accept("TRUNCATE")) return [];
    words.accept("TABLE");
    words.accept("ONLY");
    const table = words.name() ?? "the table";
    if (newTables.has(table)) return [];
    return [
      {
        why: `All rows of ${table} are lost while the running version may use them.`,
        safeWay: "Do it when no version that reads the rows runs any more; a backup is made before.",
      },
    ];
  },
};

/** Whether a statement takes rows away on purpose, so that fewer of them afterwards are no surprise. */
export const removesRows = (words: Words): boolean =>
  isWord(words.next, "DELETE") ||
  isWord(words.next, "TRUNCATE") ||
  isWord(words.next, "DO") ||
  isWord(words.next, "MERGE") ||
  isWord(words.next, "CALL") ||
  isWord(words.next, "WITH") ||
  isWord(words.next, "SELECT") ||
  words.contains("DETACH", "PARTITION") ||
  words.sees("DROP", "TABLE");

export const dataRules: Rule[] = [everyRow, truncate];
