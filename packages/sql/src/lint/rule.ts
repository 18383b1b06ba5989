import type { Script, ScriptStatement } from "../execution.ts";
import type { Position } from "../position.ts";

export interface Finding extends Position {
  rule: string;
  severity: "error" | "warning" | "notice";
  /** What is wrong with this statement and why it matters. */
  why: string;
  /** How to do the same without harm. */
  safeWay: string;
}

/** What a rule may look at: one statement and what is known about the file before it. */
export interface LintContext {
  statement: ScriptStatement;
  script: Script;
  /** Tables that the same file created before: nobody uses them yet. */
  newTables: ReadonlySet<string>;
}

export interface Rule {
  id: string;
  severity: Finding["severity"];
  /** One line for the reference page. */
  title: string;
  /**
   * Breaks the running version: the file is `contract`, to be applied when nothing old runs any more.
   */
  isContract?: boolean;
  check(context: LintContext): { why: string; safeWay: string }[];
}
