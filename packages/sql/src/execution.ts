import { digestOf } from "@sluice/documents";
import { factsOf, type StatementFacts } from "./facts.ts";
import { type SplitProblem, type Statement, splitStatements } from "./split.ts";

export interface ScriptStatement extends Statement {
  facts: StatementFacts;
  /** SHA-256 of its text: recorded when it is done, so that a file that ended half-way goes on behind it. */
  hash: string;
}

/** How a file is run. */
export interface Script {
  /** Statements to send, without a BEGIN and COMMIT around the whole file. */
  statements: ScriptStatement[];
  /** One transaction for the file; otherwise one statement after the other, each on its own. */
  isTransactional: boolean;
  /** The file's own BEGIN, with its options, when it is wrapped in a transaction. */
  begin: string | null;
  problems: ScriptProblem[];
}

export interface ScriptProblem extends SplitProblem {
  reasonCode: "migrate.invalid-file" | "migrate.invalid-transaction";
}

/**
 * Decides how a file is run. A file is one transaction, whether it says BEGIN and COMMIT around
 * everything or not, unless a statement in it cannot be in one: that is found from the statement.
 * A BEGIN or COMMIT anywhere else, or around such a statement, is a problem.
 */
export function readScript(sql: string): Script {
  const split = splitStatements(sql);
  const problems: ScriptProblem[] = split.problems.map((p) => ({ ...p, reasonCode: "migrate.invalid-file" }));
  const all = split.statements.map(
    (statement): ScriptStatement => ({
      ...statement,
      facts: factsOf(statement.tokens),
      hash: digestOf(statement.text + (statement.copyData ?? "")),
    }),
  );
  const first = all[0];
  const last = all.at(-1);
  const isWrapped = first?.facts.transaction === "begin" && last?.facts.transaction === "commit";
  const statements = isWrapped ? all.slice(1, -1) : all;
  const isTransactional = isWrapped || statements.every((s) => s.facts.nonTransactional === null);

  const complain = (at: Statement, message: string, remedy: string) =>
    problems.push({
      line: at.line,
      column: at.column,
      message,
      remedy,
      reasonCode: "migrate.invalid-transaction",
    });

  if (isWrapped && last && /\bCHAIN\b/i.test(last.text) && !/\bNO\s+CHAIN\b/i.test(last.text)) {
    complain(last, "COMMIT AND CHAIN begins another transaction that nothing ends.", "Write COMMIT.");
  }
  for (const statement of statements) {
    const { transaction, nonTransactional } = statement.facts;
    if (transaction && !(transaction === "savepoint" && isTransactional)) {
      complain(statement, ...strayTransaction(statement, isTransactional));
    }
    if (isWrapped && nonTransactional) complain(statement, ...wrapped(statement, statements.length));
  }
  return { statements, isTransactional, begin: isWrapped ? first.text : null, problems };
}

function strayTransaction(statement: ScriptStatement, isTransactional: boolean): [string, string] {
  const verb = statement.tokens[0]!.text;
  return [
    `${verb} is in the middle of the file; a file is one transaction.`,
    isTransactional
      ? "Take it out: the file is run in a transaction without saying so. For two transactions write two files."
      : "Take it out, and put what belongs in a transaction into a file of its own: " +
        "this file has a statement that cannot be in one.",
  ];
}

function wrapped(statement: ScriptStatement, count: number): [string, string] {
  const what = statement.facts.nonTransactional!;
  const isIndex = statement.facts.concurrentIndex?.action === "create";
  const where =
    count === 1
      ? "Take BEGIN and COMMIT out of this file"
      : "Take the statement out of this file into the next one, without BEGIN and COMMIT";
  return [
    `${what} cannot be between BEGIN and COMMIT: PostgreSQL refuses it inside a transaction.`,
    `${where}: it is then run on its own.` +
      (isIndex
        ? "\nA check afterwards has to ask pg_index.indisvalid, since pg_indexes lists a broken index too; " +
          "Sluice asks after every migration."
        : ""),
  ];
}
