import { type Token, tokensOf } from "./lexer.ts";
import { isSymbol, isWord, Words } from "./words.ts";

export type TransactionControl =
  | "begin"
  | "commit"
  | "rollback"
  | "savepoint"
  | "prepare"
  | "commit-prepared"
  | "rollback-prepared";

/** An index that is built or dropped beside running reads and writes. */
export interface ConcurrentIndex {
  action: "create" | "drop" | "reindex";
  /** As the statement names it, folded; null when the server chooses the name. */
  name: string | null;
  /** Table of a new index. */
  table: string | null;
  /** With IF NOT EXISTS or IF EXISTS. */
  isConditional: boolean;
}

/** What the program has to know about a statement before it sends it. */
export interface StatementFacts {
  /** Why PostgreSQL refuses it inside a transaction block; null when it does not. */
  nonTransactional: string | null;
  transaction: TransactionControl | null;
  concurrentIndex: ConcurrentIndex | null;
}

/**
 * Recognises what decides how a statement is run. That a statement cannot be in a transaction is
 * found here, from the list of the PostgreSQL manual (those whose page says "cannot be executed
 * inside a transaction block"), never declared by the author. What only the server knows, such as
 * a procedure that commits, is found by the server.
 */
export function factsOf(tokens: readonly Token[]): StatementFacts {
  const transaction = transactionControl(new Words(tokens));
  const concurrentIndex = transaction ? null : concurrentIndexOf(new Words(tokens));
  return {
    transaction,
    concurrentIndex,
    nonTransactional: transaction ? null : nonTransactional(new Words(tokens), concurrentIndex),
  };
}

function transactionControl(words: Words): TransactionControl | null {
  if (words.accept("BEGIN") || words.accept("START", "TRANSACTION")) return "begin";
  if (words.accept("PREPARE", "TRANSACTION")) return "prepare";
  if (words.accept("COMMIT") || words.accept("END")) {
    return words.sees("PREPARED") ? "commit-prepared" : "commit";
  }
  if (words.accept("ROLLBACK") || words.accept("ABORT")) {
    if (words.sees("PREPARED")) return "rollback-prepared";
    words.acceptOneOf("WORK", "TRANSACTION");
    return words.sees("TO") ? "savepoint" : "rollback";
  }
  if (words.sees("SAVEPOINT") || words.sees("RELEASE")) return "savepoint";
  return null;
}

function concurrentIndexOf(words: Words): ConcurrentIndex | null {
  const action = words.acceptOneOf("CREATE", "DROP", "REINDEX");
  if (action === "CREATE") {
    words.accept("UNIQUE");
    if (!words.accept("INDEX", "CONCURRENTLY")) return null;
    const isConditional = words.acceptIfExists();
    const name = words.sees("ON") ? null : words.name();
    words.accept("ON");
    words.accept("ONLY");
    return { action: "create", name, table: words.name(), isConditional };
  }
  if (action === "DROP") {
    if (!words.accept("INDEX", "CONCURRENTLY")) return null;
    const isConditional = words.acceptIfExists();
    return { action: "drop", name: words.name(), table: null, isConditional };
  }
  if (action === "REINDEX") {
    const target = reindexTarget(words);
    if (!target.isConcurrent) return null;
    const name = words.name();
    return {
      action: "reindex",
      name: target.kind === "INDEX" ? name : null,
      table: target.kind === "TABLE" ? name : null,
      isConditional: false,
    };
  }
  return null;
}

/** What comes after REINDEX; the words are then at the name. */
function reindexTarget(words: Words): { kind: string | null; isConcurrent: boolean } {
  const options = words.acceptParentheses() ?? [];
  const option = options.findIndex((token) => isWord(token, "CONCURRENTLY"));
  const value = options[option + 1]?.text.toUpperCase() ?? "";
  const isOn = option !== -1 && !["FALSE", "OFF", "0"].includes(value);
  const kind = words.acceptOneOf("INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM");
  return { kind, isConcurrent: words.accept("CONCURRENTLY") || isOn };
}

function nonTransactional(words: Words, index: ConcurrentIndex | null): string | null {
  if (index) {
    const verb = { create: "CREATE INDEX", drop: "DROP INDEX", reindex: "REINDEX" }[index.action];
    return `${verb} CONCURRENTLY`;
  }
  if (words.accept("REINDEX")) {
    const { kind } = reindexTarget(words);
    return kind !== null && ["DATABASE", "SYSTEM", "SCHEMA"].includes(kind) ? `REINDEX ${kind}` : null;
  }
  if (words.sees("VACUUM")) return "VACUUM";
  if (words.accept("CLUSTER")) {
    words.accept("VERBOSE");
    words.acceptParentheses();
    return words.next === undefined ? "CLUSTER of every table" : null;
  }
  if (words.sees("ALTER", "SYSTEM")) return "ALTER SYSTEM";
  if (words.sees("DISCARD", "ALL")) return "DISCARD ALL";
  for (const what of ["DATABASE", "TABLESPACE", "SUBSCRIPTION"]) {
    if (words.sees("CREATE", what)) return `CREATE ${what}`;
    if (words.sees("DROP", what)) return `DROP ${what}`;
  }
  if (words.sees("ALTER", "SUBSCRIPTION")) {
    return words.contains("PUBLICATION") ? "ALTER SUBSCRIPTION … PUBLICATION" : null;
  }
  if (words.sees("ALTER", "DATABASE")) {
    return words.contains("SET", "TABLESPACE") ? "ALTER DATABASE … SET TABLESPACE" : null;
  }
  if (words.sees("ALTER", "TABLE")) {
    return words.contains("DETACH", "PARTITION") && words.contains("CONCURRENTLY")
      ? "DETACH PARTITION CONCURRENTLY"
      : null;
  }
  if (words.sees("DO")) {
    const body = words.tokens.find((token) => token.kind === "dollar" || token.kind === "string");
    return body && commits(body.text) ? "a DO block that commits" : null;
  }
  return null;
}

/** Whether a PL/pgSQL block has a statement COMMIT or ROLLBACK. */
function commits(body: string): boolean {
  const tokens = tokensOf(body);
  return tokens.some((token, i) => {
    if (!isWord(token, "COMMIT") && !isWord(token, "ROLLBACK")) return false;
    const after = tokens[i + 1];
    return isSymbol(after, ";") || isWord(after, "AND");
  });
}
