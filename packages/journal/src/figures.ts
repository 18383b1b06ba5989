import type { Event } from "@sluice/documents";
import { type RolloutView, type RunView, runs } from "./runs.ts";

/** One figure: a number with its unit, how it was made, and whether it meets its target. */
export interface Figure {
  name: string;
  /** null when there is nothing to count. */
  value: number | null;
  unit: "per day" | "seconds" | "percent";
  formula: string;
  /** How many deployments it was made from. */
  counted: number;
  target: { relation: ">" | "<" | ">=" | "="; value: number } | null;
  /** null without a target or without a value. */
  meetsTarget: boolean | null;
}

export interface Figures {
  deploymentFrequency: Figure;
  leadTime: Figure;
  timeToRestore: Figure;
  changeFailureRate: Figure;
  successRate: Figure;
  rollbackRate: Figure;
  zeroDowntime: Figure;
}

/** One deployment as the figures count it. */
interface Deployment {
  finishedAt: number;
  isSuccess: boolean;
  isRolledBack: boolean;
  committedAt: number | null;
  rollouts: readonly RolloutView[];
  /** It succeeded, and a later run had to take it back. */
  wasTakenBack: boolean;
  failureSeconds: number | null;
}

const DAY = 86_400_000;
const deployed = ["succeeded", "failed", "rolled_back", "rollback_failed"];

/**
 * The figures of an environment over a window of time, after the "four keys" of DORA (Accelerate, 2018).
 * A deployment is a run with a rollout that was decided; `held`, `inconclusive`, `cancelled` and
 * running ones are neither successes nor failures and are not counted.
 *
 * @param window milliseconds since 1970; a deployment belongs to it when it ended inside
 */
export function figures(events: readonly Event[], window: { from: number; to: number }): Figures {
  const all = deploymentsOf(runs(events)).filter(
    (deployment) => deployment.finishedAt >= window.from && deployment.finishedAt <= window.to,
  );
  const good = all.filter((deployment) => deployment.isSuccess);
  const failed = all.filter((deployment) => !deployment.isSuccess || deployment.wasTakenBack);
  const leadTimes = good.flatMap((d) =>
    d.committedAt === null ? [] : [(d.finishedAt - d.committedAt) / 1000],
  );
  const restores = failed.flatMap((d) => (d.failureSeconds === null ? [] : [d.failureSeconds]));
  const counting = all.filter((d) => d.rollouts.some((rollout) => rollout.unanswered !== null));
  const lossless = counting.filter((d) => d.rollouts.every((rollout) => (rollout.unanswered ?? 0) === 0));
  const days = Math.max((window.to - window.from) / DAY, 1);

  return {
    deploymentFrequency: figure("Deployment frequency", "per day", good.length, null, {
      value: good.length === 0 ? null : good.length / days,
      formula: "successful deployments / days of the window (at least one day)",
    }),
    leadTime: figure("Lead time for changes", "seconds", leadTimes.length, null, {
      value: median(leadTimes),
      formula: "median of (end of a successful deployment - time of its newest commit)",
    }),
    timeToRestore: figure(
      "Time to restore",
      "seconds",
      restores.length,
      { relation: "<", value: 1800 },
      {
        value: restores.length === 0 ? null : sum(restores) / restores.length,
        formula: "mean of (all traffic on a good version again - first traffic on the bad one) over failures",
      },
    ),
    changeFailureRate: figure(
      "Change failure rate",
      "percent",
      all.length,
      { relation: "<", value: 5 },
      {
        value: percent(failed.length, all.length),
        formula: "deployments that failed, were rolled back or were taken back later / decided deployments",
      },
    ),
    successRate: figure(
      "Deployment success rate",
      "percent",
      all.length,
      { relation: ">", value: 95 },
      {
        value: percent(good.length, all.length),
        formula: "successful deployments / decided deployments",
      },
    ),
    rollbackRate: figure("Rollback frequency", "percent", all.length, null, {
      value: percent(all.filter((d) => d.isRolledBack || d.wasTakenBack).length, all.length),
      formula: "deployments that were rolled back, by the judge or by hand / decided deployments",
    }),
    zeroDowntime: figure(
      "Zero-downtime deployments",
      "percent",
      counting.length,
      { relation: "=", value: 100 },
      {
        value: percent(lossless.length, counting.length),
        formula:
          "deployments without a request that no version answered / deployments whose router counts them",
      },
    ),
  };
}

function figure(
  name: string,
  unit: Figure["unit"],
  counted: number,
  target: Figure["target"],
  { value, formula }: { value: number | null; formula: string },
): Figure {
  return { name, value, unit, formula, counted, target, meetsTarget: meets(value, target) };
}

function meets(value: number | null, target: Figure["target"]): boolean | null {
  if (value === null || target === null) return null;
  if (target.relation === ">") return value > target.value;
  if (target.relation === "<") return value < target.value;
  return target.relation === ">=" ? value >= target.value : value === target.value;
}

function deploymentsOf(views: readonly RunView[]): Deployment[] {
  const deployments: Deployment[] = [];
  for (const view of views) {
    const finishedAt = view.finishedAt ?? view.rollouts.at(-1)?.finishedAt ?? null;
    const outcome = outcomeOf(view);
    if (isRollbackRun(view)) {
      // Somebody took back what had been called good: the deployment before it was a failed change.
      const before = deployments.findLast((deployment) => deployment.isSuccess);
      if (before && finishedAt !== null && (outcome === "succeeded" || outcome === "rolled_back")) {
        before.wasTakenBack = true;
        before.failureSeconds = (finishedAt - view.startedAt) / 1000;
      }
    } else if (view.rollouts.length > 0 && finishedAt !== null && deployed.includes(outcome)) {
      const isSuccess = outcome === "succeeded";
      if (isSuccess) restoreEarlier(deployments, finishedAt);
      deployments.push({
        finishedAt,
        isSuccess,
        isRolledBack: outcome === "rolled_back" || outcome === "rollback_failed",
        committedAt: view.committedAt,
        rollouts: view.rollouts,
        wasTakenBack: false,
        failureSeconds: outcome === "rolled_back" ? failureSeconds(view.rollouts) : null,
      });
    }
  }
  return deployments;
}

/** A failure that was not rolled back lasts until the next good deployment. */
function restoreEarlier(deployments: readonly Deployment[], restoredAt: number): void {
  for (const earlier of deployments.filter((d) => !d.isSuccess && d.failureSeconds === null)) {
    const from = firstTraffic(earlier.rollouts) ?? earlier.finishedAt;
    earlier.failureSeconds = (restoredAt - from) / 1000;
  }
}

/** A run that only goes back: a rollback stage and no deploy stage. */
const isRollbackRun = (view: RunView) =>
  view.stages.some((stage) => stage.stage === "rollback") &&
  !view.stages.some((stage) => stage.stage === "deploy");

/** The status of the run, or of its last rollout where single actions wrote no end of a run. */
function outcomeOf(view: RunView): string {
  if (view.status !== "running") return view.status;
  const bad = view.rollouts.find((rollout) => rollout.status !== "succeeded");
  return bad?.status ?? view.rollouts.at(-1)?.status ?? view.stages.at(-1)?.status ?? "running";
}

/** From the first request that could reach the new version to the end of its rollback, in seconds. */
function failureSeconds(rollouts: readonly RolloutView[]): number | null {
  const from = firstTraffic(rollouts);
  const to = rollouts.findLast((rollout) => rollout.finishedAt !== null)?.finishedAt;
  return from === null || to === undefined || to === null ? null : (to - from) / 1000;
}

function firstTraffic(rollouts: readonly RolloutView[]): number | null {
  const moments = rollouts.flatMap((rollout) =>
    rollout.weights.filter((entry) => (entry.weights[rollout.to] ?? 0) > 0).map((entry) => entry.at),
  );
  return moments.length === 0 ? null : Math.min(...moments);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const percent = (part: number, whole: number) => (whole === 0 ? null : (100 * part) / whole);

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
