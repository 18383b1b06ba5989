import { readScript, type Script, type ScriptStatement } from "../execution.ts";
import { Words } from "../words.ts";
import { dataRules } from "./data-rules.ts";
import { indexRules } from "./index-rules.ts";
import type { Finding, Rule } from "./rule.ts";
import { tableRules } from "./table-rules.ts";

/** Every rule that looks at one statement: the source of the reference page. */
export const rules: readonly Rule[] = [...indexRules, ...tableRules, ...dataRules];

/** Id of the finding for a statement that cannot be in the transaction around it (C22). */
export const transactionRule = "non-transactional-in-transaction";

/**
 * What in a migration can harm a running service, in the order of the file. A rule is silenced for
 * one statement by a comment before it: `-- sluice:allow drop-column the table is not used yet`.
 */
export function lint(sql: string | Script): Finding[] {
  const script = typeof sql === "string" ? readScript(sql) : sql;
  const newTables = new Set<string>();
  const findings = script.problems
    .filter((problem) => problem.reasonCode === "migrate.invalid-transaction")
    .map(
      ({ line, column, message, remedy }): Finding => ({
        ...{ rule: transactionRule, severity: "error", why: message, safeWay: remedy },
        ...{ line, column },
      }),
    );
  for (const statement of script.statements) {
    for (const rule of rules) {
      if (isAllowed(statement, rule.id)) continue;
      for (const found of rule.check({ statement, script, newTables })) {
        const { line, column } = statement;
        findings.push({ rule: rule.id, severity: rule.severity, ...found, line, column });
      }
    }
    const created = createdTable(statement);
    if (created) newTables.add(created);
  }
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

/**
 * Whether the version that runs now survives a migration: `contract` when a statement takes away or
 * changes what it may use, `expand` otherwise.
 */
export function phaseOf(script: Script): "expand" | "contract" {
  const newTables = new Set<string>();
  for (const statement of script.statements) {
    const breaks = rules.some(
      (rule) => rule.isContract && rule.check({ statement, script, newTables }).length > 0,
    );
    if (breaks) return "contract";
    const created = createdTable(statement);
    if (created) newTables.add(created);
  }
  return "expand";
}

function createdTable(statement: ScriptStatement): string | null {
  const words = new Words(statement.tokens);
  if (!words.accept("CREATE")) return null;
  if (words.acceptOneOf("GLOBAL", "LOCAL", "UNLOGGED")) words.acceptOneOf("TEMPORARY", "TEMP");
  else words.acceptOneOf("TEMPORARY", "TEMP");
  if (!words.accept("TABLE")) return null;
  words.acceptIfExists();
  return words.name();
}

function isAllowed(statement: ScriptStatement, rule: string): boolean {
  return statement.comments.some(({ text, start }) => {
    const match = /^--\s*sluice:allow\s+(\S+)\s+\S/.exec(text);
    return match?.[1] === rule && start < statement.start;
  });
}
