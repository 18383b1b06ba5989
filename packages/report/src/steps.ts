import type { RolloutView } from "@sluice/journal";
import { type ArmTotals, totalsBetween } from "./series.ts";

/** What both versions did while the traffic was split in one certain way. */
export interface StepView {
  /** Percent of the traffic on the new version. */
  weight: number;
  /** Seconds since the rollout was started, and how long it stayed so. */
  from: number;
  seconds: number;
  canary: ArmTotals | null;
  baseline: ArmTotals | null;
}

/** The rollout cut at every change of the weights; splits without any reading are left out. */
export function steps(rollout: RolloutView): StepView[] {
  const changes = rollout.weights
    .map(({ at, weights }) => ({ at, weight: weights[rollout.to] ?? 0 }))
    .filter((change, index, all) => change.weight !== all[index - 1]?.weight);
  const end = rollout.finishedAt ?? rollout.samples.at(-1)?.at ?? rollout.startedAt;
  return changes.flatMap(({ at, weight }, index) => {
    const until = changes[index + 1]?.at ?? Math.max(end, at);
    const totals = totalsBetween(rollout, at, until);
    if (!totals.canary && !totals.baseline) return [];
    return [{ weight, from: (at - rollout.startedAt) / 1000, seconds: (until - at) / 1000, ...totals }];
  });
}
