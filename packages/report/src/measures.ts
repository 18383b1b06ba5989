import type { Counters, SaidVerdict, VerdictKind } from "@sluice/documents";
import type { RolloutView } from "@sluice/journal";
import { increase, sum } from "@sluice/judge";

/** What a rollout cost and how long it took. Null where the journal does not tell. */
export interface Measures {
  /** Whole rollout, in seconds. */
  seconds: number | null;
  /** From the first sight of a request on the new version to the verdict that ended it, in seconds. */
  secondsToVerdict: number | null;
  /** From that verdict until the new version had no traffic any more; only for a rollback. */
  secondsUntilTrafficBack: number | null;
  /** Requests that the new version answered, and those of them that failed: the bad responses served. */
  canaryRequests: number | null;
  canaryErrors: number | null;
  /** Requests that no version answered. */
  unanswered: number | null;
}

/** The verdicts that each end of a rollout comes from, when the judge ended it. */
const endings: Record<string, readonly VerdictKind[]> = {
  succeeded: ["promote"],
  rolled_back: ["rollback"],
  rollback_failed: ["rollback"],
  // A bad version is held where the configuration leaves the rollback to a person.
  held: ["hold", "rollback"],
  inconclusive: ["inconclusive"],
};

/** Whether the rollout ended because the judge said so; a crash or a cancel has other reasons. */
export const isDecisive = (rollout: RolloutView, { verdict }: SaidVerdict): boolean =>
  endings[rollout.status]?.includes(verdict) ?? false;

/**
 * The verdict that ended the rollout, else the newest one: while it runs, or when something else ended
 * it. Null for strategies without a judge. (`promote` is also said at each step that may go on.)
 */
export function finalVerdict(rollout: RolloutView): { at: number; verdict: SaidVerdict } | null {
  return (
    rollout.verdicts.find(({ verdict }) => verdict.verdict === "rollback") ??
    rollout.verdicts.findLast(({ verdict }) => isDecisive(rollout, verdict)) ??
    rollout.verdicts.at(-1) ??
    null
  );
}

/** Reads the measures of one rollout from what the journal holds of it. */
export function measuresOf(rollout: RolloutView): Measures {
  const decided = finalVerdict(rollout);
  const firstRequest = firstCanaryRequest(rollout);
  const counters = total(rollout);
  const isBack = decided?.verdict.verdict === "rollback" || rollout.status === "rolled_back";
  const from = decided?.verdict.verdict === "rollback" ? decided.at : null;
  const without = rollout.weights.find(
    (entry) => from !== null && entry.at >= from && (entry.weights[rollout.to] ?? 0) === 0,
  );
  return {
    seconds: rollout.finishedAt === null ? null : (rollout.finishedAt - rollout.startedAt) / 1000,
    secondsToVerdict:
      decided && firstRequest !== null ? Math.max(0, (decided.at - firstRequest) / 1000) : null,
    secondsUntilTrafficBack: isBack && from !== null && without ? (without.at - from) / 1000 : null,
    canaryRequests: counters?.requests ?? null,
    canaryErrors: counters?.errors ?? null,
    unanswered: rollout.unanswered,
  };
}

function firstCanaryRequest(rollout: RolloutView): number | null {
  const seen = rollout.samples.find(({ sample }) => (sample.canary?.requests ?? 0) > 0)?.at;
  const sent = rollout.weights.find((entry) => (entry.weights[rollout.to] ?? 0) > 0)?.at;
  const moments = [seen, sent].filter((at) => at !== undefined);
  return moments.length === 0 ? null : Math.min(...moments);
}

/** Adds up the counters of the new version over restarts of its processes. */
function total(rollout: RolloutView): Counters | null {
  const readings = rollout.samples.flatMap(({ sample }) => sample.canary ?? []);
  return readings.reduce<Counters | null>(
    (all, now, index) => (all === null ? now : sum(all, increase(readings[index - 1] ?? now, now))),
    null,
  );
}
