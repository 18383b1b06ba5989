import type { ArmCounts, LearnedNumber, VerdictKind } from "@sluice/documents";
import { shareInterval } from "@sluice/judge";
import { formatLearned } from "@sluice/plan";
import { share } from "./format.ts";

/** A verdict as people say it. */
export const verdictWords: Record<VerdictKind, string> = {
  promote: "promote",
  rollback: "roll back",
  inconclusive: "undecided",
  hold: "hold",
  continue: "continue",
};

/** The shares of failures that fit to what was counted. */
export function rangeOf(arm: ArmCounts | null): string {
  const range = arm && shareInterval(arm.errors, arm.requests);
  return range ? `${share(range.low)} to ${share(range.high)}` : "–";
}

/** Where the numbers came from that are not in the configuration. */
export const learnedWords = (learned: readonly LearnedNumber[]): string =>
  `The judge went by this: ${learned.map(formatLearned).join("; ")}.`;
