import type { Counters, Sample } from "@sluice/documents";
import { advance, conclude, start } from "./judge.ts";
import type { Policy } from "./policy.ts";
import type { PlannedStep } from "./schedule.ts";
import type { JudgeState } from "./state.ts";

/** Traffic of a service as it is expected. */
export interface Expected {
  /** Requests per second of both versions together. */
  requestsPerSecond: number;
  /** Share of failed requests of the old version, 0 to 1. */
  errorRatio: number;
  /** Latency of the old version; without it latency is not compared. */
  latency?: { p50Seconds: number; p99Seconds: number };
}

/** What is wrong with the new version: it fails or takes so many times as much. */
export interface Regression {
  metric: "errors" | "latency";
  ratio: number;
}

/** How a regression would be found. */
export interface Detection extends Regression {
  /** Seconds from the first request on the new version to the rollback; null where the steps end before. */
  seconds: number | null;
  /** Failed responses of the new version until then, or over all steps; slow ones where it is the latency. */
  badResponses: number;
  /** The metric or the guard that decides; null where nothing does. */
  decidedBy: string | null;
}

/** Buckets of a histogram as client libraries of Prometheus have them. */
const edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Lets the judge itself look at a rollout that goes as expected, and says when it would roll back. Failures come as
 * evenly as they can: the n-th at n - 1/3 times their mean distance, the median of that moment when they come at
 * random. So the answer is about the median of real rollouts, with everything that the policy has: margin, warm-up,
 * guards, whole failures and the time between two readings.
 */
export function rehearse(
  policy: Policy,
  steps: readonly PlannedStep[],
  expected: Expected,
  regression: Regression,
  sampleSeconds = 10,
): Detection {
  const old = armOf(policy, expected, null);
  const changed = armOf(policy, expected, regression);
  let state = start(policy);
  let t = 0;
  let canary = 0;
  let baseline = 0;
  const judge = (weight: number) => {
    const sample: Sample = { t, weight, canary: changed(canary), baseline: old(baseline) };
    state = advance(state, sample, policy);
    return mayEnd(state) ? conclude(state, policy) : null;
  };
  for (const { weight, pauseSeconds } of steps) {
    if (weight >= 100) break;
    judge(weight);
    for (let left = pauseSeconds; left > 0; ) {
      // In a step of days it is looked at ever more seldom, as a two-hundredth of a time is exact enough.
      const seconds = Math.min(Math.max(sampleSeconds, (pauseSeconds - left) / 200), left);
      left -= seconds;
      t += seconds;
      canary += (seconds * expected.requestsPerSecond * weight) / 100;
      baseline += (seconds * expected.requestsPerSecond * (100 - weight)) / 100;
      const said = judge(weight);
      if (said?.verdict === "rollback")
        return { ...regression, seconds: t, badResponses: bad(), decidedBy: said.evidence.decidedBy };
    }
  }
  return { ...regression, seconds: null, badResponses: bad(), decidedBy: null };

  function bad(): number {
    if (regression.metric === "errors") return canary * Math.min(1, expected.errorRatio * regression.ratio);
    // Slow is what takes longer than nearly every request did before.
    const { latency } = expected;
    return latency ? canary * exceeding(latency, latency.p99Seconds / regression.ratio) : 0;
  }
}

/** Whether there is anything that a rollback can rest on; a verdict with all its evidence costs more than the reading. */
const mayEnd = ({ decision, guards, metrics }: JudgeState): boolean =>
  decision !== null ||
  guards.some(({ isBreached }) => isBreached) ||
  metrics.some(({ missingSince }) => missingSince !== null);

/**
 * Counters of a version after a number of requests. It has the own metrics of the policy, of which nothing is known
 * beforehand: they are there, and neither good nor bad.
 */
function armOf(
  policy: Policy,
  { errorRatio, latency }: Expected,
  regression: Regression | null,
): (requests: number) => Counters {
  const failing = Math.min(1, errorRatio * (regression?.metric === "errors" ? regression.ratio : 1));
  const slower = regression?.metric === "latency" ? regression.ratio : 1;
  const events = Object.fromEntries(policy.events.map(({ name }) => [name, { events: 0, total: 0 }]));
  return (amount) => {
    const requests = Math.round(amount);
    const slow = (edge: number) => (latency ? whole(amount * exceeding(latency, edge / slower)) : 0);
    return {
      requests,
      errors: Math.min(requests, whole(amount * failing)),
      latency: latency
        ? {
            ...Object.fromEntries(edges.map((edge) => [String(edge), Math.max(0, requests - slow(edge))])),
            "+Inf": requests,
          }
        : {},
      events,
    };
  };
}

const whole = (expected: number): number => Math.floor(expected + 1 / 3);

/** Share of the requests that take longer, when their logarithms are normally distributed. */
function exceeding({ p50Seconds, p99Seconds }: NonNullable<Expected["latency"]>, seconds: number): number {
  const z99 = 2.3263478740408408;
  const sigma = Math.log(p99Seconds / p50Seconds) / z99;
  return upperTail(Math.log(seconds / p50Seconds) / sigma);
}

/** Upper tail of the normal distribution (Abramowitz & Stegun 26.2.17, error below 7.5e-8). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
}
