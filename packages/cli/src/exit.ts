import { type Problem, Refusal, type Result, type Status, type VerdictKind } from "@sluice/documents";

/**
 * Exit status of a command by its result: 0 done, 1 failed or taken back, 2 failed for bad input,
 * 3 nobody can say yet (held, inconclusive), 130 cancelled.
 */
export function exitCodeOf({ status, reasonCode }: { status: Status; reasonCode: string }): number {
  switch (status) {
    case "succeeded":
    case "skipped":
      return 0;
    case "held":
    case "inconclusive":
      return 3;
    case "cancelled":
      return 130;
    case "failed":
      return isBadInput(reasonCode) ? 2 : 1;
    case "rolled_back":
    case "rollback_failed":
      return 1;
  }
}

/** Exit status of a verdict: as that of the rollout that it would have ended. */
export function exitCodeOfVerdict(verdict: VerdictKind): number {
  if (verdict === "rollback") return 1;
  return verdict === "promote" || verdict === "continue" ? 0 : 3;
}

export function exitCodeOfError(error: unknown): number {
  if (!(error instanceof Refusal)) return 70;
  if (error.reasonCode === "run.cancelled") return 130;
  return isBadInput(error.reasonCode) ? 2 : 1;
}

/** What was asked for makes no sense here, whatever happens: also to promote where nothing is under way. */
const isBadInput = (reasonCode: string): boolean =>
  reasonCode.startsWith("config.") || reasonCode === "operate.nothing-under-way";

/** What a person reads about an error: a refusal explains itself; anything else is ours to mend. */
export function explain(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a defect of Sluice (run.internal), please report it.\n${text}`;
}

/** The part of a result that is there also when a command could not even begin. */
export type NoResult = Pick<Result, "status" | "reasonCode" | "summary"> & { problems: readonly Problem[] };

/** What `--json` prints instead of a result when a command ended before it had one. */
export function documentOf(error: unknown): NoResult {
  if (error instanceof Refusal) {
    const { reasonCode, problems } = error;
    const status = reasonCode === "run.cancelled" ? "cancelled" : "failed";
    return { status, reasonCode, summary: problems[0].message, problems };
  }
  return { status: "failed", reasonCode: "run.internal", summary: explain(error), problems: [] };
}
