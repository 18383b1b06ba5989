import { tokensOf } from "../lexer.ts";
import { isWord, Words } from "../words.ts";
import type { Rule } from "./rule.ts";

const plainIndex: Rule = {
  id: "index-not-concurrent",
  severity: "warning",
  title: "An index on a table in use is built without CONCURRENTLY",
  check({ statement, newTables }) {
    const words = new Words(statement.tokens);
    if (!words.accept("CREATE")) return [];
    words.accept("UNIQUE");
    if (!words.accept("INDEX") || words.sees("CONCURRENTLY")) return [];
    words.acceptIfExists();
    if (!words.sees("ON")) words.name();
    words.accept("ON");
    words.accept("ONLY");
    const table = words.name() ?? "the table";
    if (newTables.has(table)) return [];
    return [
      {
        why: `CREATE INDEX blocks every write to ${table} until the index is built.`,
        safeWay: `${statement.text.replace(/\bINDEX\b/i, "INDEX CONCURRENTLY")};\nin a file of its own.`,
      },
    ];
  },
};

const plainDrop: Rule = {
  id: "index-drop-not-concurrent",
  severity: "warning",
  title: "An index is dropped without CONCURRENTLY",
  check({ statement }) {
    const words = new Words(statement.tokens);
    if (!words.accept("DROP", "INDEX") || words.sees("CONCURRENTLY")) return [];
    return [
      {
        why: "DROP INDEX blocks reads and writes of its table while it waits for running queries.",
        safeWay: `${statement.text.replace(/\bINDEX\b/i, "INDEX CONCURRENTLY")};\nin a file of its own.`,
      },
    ];
  },
};

const hiddenLeftover: Rule = {
  id: "index-concurrent-if-not-exists",
  severity: "warning",
  title: "IF NOT EXISTS hides an index that was left half built",
  check({ statement }) {
    const index = statement.facts.concurrentIndex;
    if (index?.action !== "create" || !index.isConditional) return [];
    return [
      {
        why: "When a build was interrupted, an INVALID index of that name stays, and IF NOT EXISTS takes it for a finished one.",
        safeWay: `${statement.text.replace(/\s+IF\s+NOT\s+EXISTS\b/i, "")};\nSluice drops an INVALID left-over before it builds again.`,
      },
    ];
  },
};

/** C22 of the requirements, second half: the view `pg_indexes` lists an INVALID index as well. */
const validityNotAsked: Rule = {
  id: "index-check-ignores-validity",
  severity: "warning",
  title: "A check looks for an index and does not ask whether it is valid",
  check({ statement }) {
    const inside = statement.tokens.flatMap((token) =>
      token.kind === "dollar" || (token.kind === "string" && isWord(statement.tokens[0], "DO"))
        ? tokensOf(token.text)
        : [token],
    );
    const names = new Set(inside.map((token) => token.text.toLowerCase()));
    if (!names.has("pg_indexes") || names.has("indisvalid")) return [];
    return [
      {
        why: "pg_indexes also lists an index whose build failed: the check passes although no query can use it.",
        safeWay:
          "SELECT indisvalid FROM pg_index WHERE indexrelid = 'name_of_the_index'::regclass;\n" +
          "or take the check out: Sluice looks for INVALID indexes after every migration.",
      },
    ];
  },
};

export const indexRules: Rule[] = [plainIndex, plainDrop, hiddenLeftover, validityNotAsked];
