import type { Check, CheckKind, Problem, ReasonCode } from "@sluice/documents";

/** What a check found out, before it becomes an entry of the result. */
export interface Finding {
  name: string;
  kind: CheckKind;
  service?: string;
  passed: boolean;
  attempts: number;
  message: string;
  /** Of a check that failed. */
  reasonCode?: ReasonCode;
  remedy?: string;
}

/** A check that cannot be made because the one that it depends on failed. */
export const notRun = (about: Pick<Finding, "name" | "kind" | "service">, why: string): Finding => ({
  ...about,
  passed: false,
  attempts: 0,
  message: `not run: ${why}`,
});

export const checkOf = ({ reasonCode: _, remedy: __, ...finding }: Finding, seconds: number): Check => ({
  ...finding,
  seconds,
});

/** The problem that a failed check is; null for one that passed, and for one that only follows from another. */
export function problemOf(finding: Finding): Problem | null {
  const isConsequence = finding.attempts === 0 && finding.reasonCode === undefined;
  if (finding.passed || isConsequence) return null;
  return {
    severity: "error",
    reasonCode: finding.reasonCode ?? "verify.failed",
    message: `${finding.name}: ${finding.message}`,
    ...(finding.remedy && { remedy: finding.remedy }),
  };
}
