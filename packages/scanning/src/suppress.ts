import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { acceptedBy, type IgnoreRule, readIgnoreList } from "@sluice/detect";
import type { Finding, Problem, SuppressedFinding } from "@sluice/documents";

/** The list of accepted findings of a repository. */
export const ignoreFile = ".sluiceignore";

/** Reads `.sluiceignore`; a repository without one accepts nothing. */
export function loadIgnoreList(directory: string): { rules: IgnoreRule[]; problems: Problem[] } {
  const path = join(directory, ignoreFile);
  return existsSync(path)
    ? readIgnoreList(readFileSync(path, "utf8"), ignoreFile)
    : { rules: [], problems: [] };
}

/**
 * Takes the findings out that the list accepts. An acceptance that is over accepts nothing any more: its owner is told.
 *
 * @param today `YYYY-MM-DD`
 */
export function applyIgnoreList(
  findings: readonly Finding[],
  rules: readonly IgnoreRule[],
  today: string,
): { kept: Finding[]; suppressed: SuppressedFinding[]; problems: Problem[] } {
  const kept: Finding[] = [];
  const suppressed: SuppressedFinding[] = [];
  const expired = new Map<IgnoreRule, number>();
  for (const finding of findings) {
    const { rule, fingerprint, location } = finding;
    const accepted = acceptedBy(
      { rule, fingerprint, ...(location && { file: location.file }) },
      rules,
      today,
    );
    if (accepted && !accepted.isExpired) {
      const { reason, owner, expires } = accepted.rule;
      suppressed.push({ ...finding, reason, expires, ...(owner === null ? {} : { owner }) });
      continue;
    }
    if (accepted) expired.set(accepted.rule, (expired.get(accepted.rule) ?? 0) + 1);
    kept.push(finding);
  }
  const problems = [...expired].map(
    ([rule, count]): Problem => ({
      severity: "error",
      reasonCode: "scan.suppression-expired",
      message: `${rule.rule} was accepted until ${rule.expires}${rule.owner ? ` by ${rule.owner}` : ""} (${rule.reason}); ${count === 1 ? "1 finding counts" : `${count} findings count`} again.`,
      remedy: "Mend it, or accept it again with a new date.",
      location: { file: ignoreFile, line: rule.line },
    }),
  );
  return { kept, suppressed, problems };
}
