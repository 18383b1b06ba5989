import { matchesGlob } from "node:path";
import type { Problem } from "@sluice/documents";

/** One line of a `.sluiceignore`: what is accepted, where, until when, by whom and why. */
export interface IgnoreRule {
  /** Rule of a secret, id of an advisory, fingerprint of one finding, or `*`. */
  rule: string;
  /** Glob over paths relative to the repository. */
  path: string;
  /** Last day on which it holds, `YYYY-MM-DD`. */
  expires: string;
  owner: string | null;
  reason: string;
  /** Line of the list. */
  line: number;
}

const form = '<rule, advisory or fingerprint> <path glob> expires=YYYY-MM-DD reason="…" [owner=…]';

/**
 * Reads a list of accepted findings, one for each line; `#` begins a comment.
 *
 * @param file name of the list, for the places of problems
 * @returns the rules, and a problem for each line that does not say all it must (such a line accepts nothing)
 */
export function readIgnoreList(
  text: string,
  file = ".sluiceignore",
): { rules: IgnoreRule[]; problems: Problem[] } {
  const rules: IgnoreRule[] = [];
  const problems: Problem[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    const line = index + 1;
    if (/^\s*(?:#|$)/.test(content)) return;
    const match = /^\s*(?<rule>\S+)\s+(?<path>\S+)\s+(?<rest>.*)$/.exec(content)?.groups;
    const expires = match && /\bexpires=(\d{4}-\d\d-\d\d)(?:\s|$)/.exec(match.rest!)?.[1];
    const reason = match && /\breason="([^"]*\S[^"]*)"/.exec(match.rest!)?.[1];
    const owner = match && /\bowner=(\S+)/.exec(match.rest!)?.[1];
    if (match && reason && expires && !Number.isNaN(Date.parse(expires))) {
      rules.push({ rule: match.rule!, path: match.path!, expires, owner: owner ?? null, reason, line });
    } else {
      const missing = !match ? "a rule and a path" : !reason ? "a reason" : "a date on which it expires";
      problems.push({
        severity: "error",
        reasonCode: "scan.suppression-invalid",
        message: `This line does not name ${missing}, so it accepts nothing.`,
        remedy: `Write \`${form}\`.`,
        location: { file, line },
      });
    }
  });
  return { rules, problems };
}

/** What a rule of the list is held against. */
export interface Suppressible {
  rule: string;
  fingerprint: string;
  file?: string;
}

/**
 * The rule that accepts a finding, expired ones included: the caller decides what an expired one means.
 *
 * @param today `YYYY-MM-DD`
 */
export function acceptedBy(
  finding: Suppressible,
  rules: readonly IgnoreRule[],
  today: string,
): { rule: IgnoreRule; isExpired: boolean } | null {
  const matching = rules.filter(
    ({ rule, path }) =>
      (rule === "*" || rule === finding.rule || rule === finding.fingerprint) &&
      (finding.file === undefined ? path === "**" : matchesGlob(finding.file, path)),
  );
  const valid = matching.find(({ expires }) => expires >= today);
  const rule = valid ?? matching[0];
  return rule ? { rule, isExpired: !valid } : null;
}
