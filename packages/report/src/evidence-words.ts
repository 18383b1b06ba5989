import type {
  ArmCounts,
  Evidence,
  GuardEvidence,
  LearnedNumber,
  MetricEvidence,
  VerdictKind,
} from "@sluice/documents";
import { shareInterval } from "@sluice/judge";
import { formatLearned } from "@sluice/plan";
import { count, duration, factor, milliseconds, percent, share } from "./format.ts";

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

/** A time in seconds since the canary was started: `20 s to 46 s`, `the start to 46 s`. */
export const intervalWords = ({ from, to }: NonNullable<Evidence["interval"]>): string =>
  from === to
    ? `the reading at ${duration(to)}`
    : `${from === 0 ? "the start" : duration(from)} to ${duration(to)}`;

/** A value with the unit that the bound of its condition has. */
export function measured({ condition, value }: Pick<GuardEvidence, "condition" | "value">): string {
  if (value === null) return "no data";
  switch (/\d(%|ms|x)( in \w+)?$/.exec(condition)?.[1]) {
    case "%":
      return percent(value);
    case "ms":
      return milliseconds(value);
    case "x":
      return `${factor(value)} times`;
    default:
      return factor(value);
  }
}

type ExactTest = NonNullable<MetricEvidence["exactTest"]>;

const whyStopped: Record<NonNullable<ExactTest["stoppedBy"]>, string> = {
  "unplanned-weight": "a weight was not in the plan",
  "step-held": "a step was held longer than planned",
  "step-shortened": "a step was left earlier than planned",
  outage: "both versions failed at once",
};

/** How far the exact test got. */
export const exactTestState = ({ isReached, stoppedBy }: ExactTest): string =>
  isReached ? "reached" : stoppedBy ? `ended: ${whyStopped[stoppedBy]}` : "not reached";

/** The exact test of a metric in a sentence. */
export function exactTestWords(metric: string, { alpha, spent, events, bound, ...state }: ExactTest): string {
  const enough = bound === null ? "no number was enough yet" : `${count(bound)} were enough to roll back`;
  return `The exact test of ${metric} over the planned rollout counted ${count(events)}; ${enough} (${exactTestState({ alpha, spent, events, bound, ...state })}, ${share(spent)} of its ${share(alpha)} spent).`;
}
