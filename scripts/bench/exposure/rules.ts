import type { Sample, Verdict } from "../../../packages/documents/src/index.ts";
import { observe, type Policy, start } from "../../../packages/judge/src/index.ts";
import { weightAt } from "./schedule.ts";

/** A rule that reads the counters once a tick. It acts on nothing; what it would have done is counted. */
export interface Rule {
  name: string;
  /** Takes the newest of all samples, one for each tick. @returns whether it rolls back now */
  read(samples: readonly Sample[]): boolean;
  /** The weight that its rollout has now; rules that never hold follow the schedule. */
  weight(tick: number): number;
  /** What made it roll back. */
  because(): string;
  /** How a release ends that it did not roll back until the steps were over. */
  end(): "promoted" | "held";
}

/** One shape of a rule of thresholds. Ticks are ten seconds at full length. */
interface Thresholds {
  name: string;
  intervalTicks: number;
  windowTicks: number;
  /** Lowest success ratio that passes a check. */
  least: number;
  /** Failed checks, over the whole release, that end it. */
  failures: number;
  /** Flagger compares the number at the beginning of the next check, and does not raise the weight after a failed one. */
  isFlagger: boolean;
}

const shapes: readonly Thresholds[] = [
  // The examples of the documentation of each: once a minute, over one minute.
  {
    name: "Argo Rollouts, doc",
    intervalTicks: 6,
    windowTicks: 6,
    least: 0.95,
    failures: 4,
    isFlagger: false,
  },
  { name: "Flagger, doc", intervalTicks: 6, windowTicks: 6, least: 0.99, failures: 5, isFlagger: true },
  // As fast as they go with sense: every ten seconds, over half a minute.
  {
    name: "Argo Rollouts, fast",
    intervalTicks: 1,
    windowTicks: 3,
    least: 0.99,
    failures: 1,
    isFlagger: false,
  },
  { name: "Flagger, fast", intervalTicks: 1, windowTicks: 3, least: 0.99, failures: 2, isFlagger: true },
];

/** The rules of Argo Rollouts and Flagger, in the shape of their documentation and in a fast one. */
export const rivals = (): Rule[] => shapes.map(thresholds);

/**
 * Sources: argoproj/argo-rollouts, analysis/analysis.go (`result.Failed > failureLimit`, failures of the whole run);
 * fluxcd/flagger, pkg/controller/scheduler.go (`FailedChecks` is never reset, and compared in the next run).
 */
function thresholds(shape: Thresholds): Rule {
  let failed = 0;
  return {
    name: shape.name,
    read(samples) {
      const tick = samples.length - 1;
      // Argo Rollouts measures as soon as there is something to measure, Flagger after its first interval.
      const checks = shape.isFlagger ? tick : tick - 1;
      if (tick === 0 || checks % shape.intervalTicks !== 0) return false;
      const before = samples[Math.max(0, tick - shape.windowTicks)]!.canary;
      const after = samples[tick]!.canary;
      const requests = (after?.requests ?? 0) - (before?.requests ?? 0);
      const errors = (after?.errors ?? 0) - (before?.errors ?? 0);
      const failedBefore = failed;
      if (requests === 0 ? shape.isFlagger : 1 - errors / requests < shape.least) failed++;
      return (shape.isFlagger ? failedBefore : failed) >= shape.failures;
    },
    weight(tick) {
      if (!shape.isFlagger) return weightAt(tick) ?? 100;
      return weightAt(Math.max(0, tick - failed * shape.intervalTicks)) ?? 100;
    },
    because: () => "errors",
    end: () => "promoted",
  };
}

/** The judge of Sluice, as a rollout asks it. */
export function sluice(name: string, policy: Policy): Rule {
  let state = start(policy);
  let verdict: Verdict | undefined;
  return {
    name,
    read(samples) {
      const judged = observe(state, samples.at(-1)!, policy);
      state = judged.state;
      verdict = judged.verdict;
      return verdict.verdict === "rollback";
    },
    weight: (tick) => weightAt(tick) ?? 100,
    because: () => verdict?.evidence.decidedBy ?? "",
    end: () => (verdict?.verdict === "promote" ? "promoted" : "held"),
  };
}
