import type { Finding, ReasonCode, ScanOutcome, Severity, Status } from "@sluice/documents";

const order: readonly Severity[] = ["critical", "high", "medium", "low", "unknown"];

/** Whether a severity is as bad as the threshold, or worse. */
export const isAtLeast = (severity: Severity, threshold: Severity): boolean =>
  order.indexOf(severity) <= order.indexOf(threshold);

/**
 * What one scanner's run amounts to. An error outweighs what was found, because what was not looked at is unknown;
 * a part that was skipped can hide a finding, but not the findings of the other parts.
 */
export function scannerOutcome(
  state: { failed: boolean; leftOut: boolean },
  findings: readonly Finding[],
  threshold: Severity,
): ScanOutcome {
  if (state.failed) return "error";
  if (findings.some(({ severity }) => isAtLeast(severity, threshold))) return "findings";
  return state.leftOut ? "skipped" : "clean";
}

/**
 * The outcome of all scanners: any error is an error, else any finding is a finding, else any skipped one is skipped.
 * Clean is only what every scanner calls clean; of no scanner nothing is known.
 */
export function overallOutcome(outcomes: readonly ScanOutcome[]): ScanOutcome {
  for (const outcome of ["error", "findings", "skipped"] as const)
    if (outcomes.includes(outcome)) return outcome;
  return outcomes.length > 0 ? "clean" : "skipped";
}

/** How the stage ends with an outcome. */
export const statusOf = (outcome: ScanOutcome): { status: Status; reasonCode: ReasonCode } =>
  (
    ({
      clean: { status: "succeeded", reasonCode: "scan.clean" },
      findings: { status: "failed", reasonCode: "scan.findings" },
      skipped: { status: "skipped", reasonCode: "scan.skipped" },
      error: { status: "failed", reasonCode: "scan.error" },
    }) as const
  )[outcome];
