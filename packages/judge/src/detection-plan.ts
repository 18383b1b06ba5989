import { detectionSeconds } from "./planning.ts";
import { type PolicyOptions, policyFor } from "./policy.ts";
import { type Detection, type Expected, rehearse } from "./rehearsal.ts";
import type { PlannedStep } from "./schedule.ts";

/** How soon regressions of this service would be found, and what they would cost until then. */
export interface DetectionPlan {
  expected: Expected;
  steps: readonly ExaminedStep[];
  detections: readonly Detection[];
}

export interface ExaminedStep extends PlannedStep {
  /** Smallest of the multiples that is found while this step lasts, if it begins with it; null when none is. */
  finds: number | null;
  /** Seconds that the step would need for the largest multiple; null where even a day is too short. */
  neededSeconds: number | null;
  /** Requests that the new version gets in this step, and those that it must have answered before the step may end. */
  requests: number;
  minimumRequests: number;
}

/** Steps that find a regression before it has cost more than it may. */
export interface Proposal {
  steps: readonly PlannedStep[];
  /** What they do about five times as many errors. */
  detection: Detection;
}

const multiples = [2, 5, 50];
const latencyMultiples = [1.25, 2];
const day = 86_400;

/** What the steps of a rollout would find. @param sampleSeconds seconds between two readings */
export function planDetection(
  options: PolicyOptions,
  steps: readonly PlannedStep[],
  expected: Expected,
  sampleSeconds = 10,
): DetectionPlan {
  const policy = policyFor({ ...options, steps });
  const judged = steps.filter(({ weight }) => weight < 100);
  const of = (metric: Detection["metric"]) => (ratio: number) =>
    rehearse(policy, judged, expected, { metric, ratio }, sampleSeconds);
  return {
    expected,
    steps: judged.map((step) => {
      const alone = policyFor({ ...options, steps: [step] });
      const finds = multiples.find(
        (ratio) =>
          rehearse(alone, [step], expected, { metric: "errors", ratio }, sampleSeconds).seconds !== null,
      );
      return {
        ...step,
        finds: finds ?? null,
        neededSeconds: finds ? null : secondsFor(options, step.weight, expected, multiples.at(-1)!),
        requests: (expected.requestsPerSecond * step.weight * step.pauseSeconds) / 100,
        minimumRequests: policy.minimumRequests,
      };
    }),
    detections: [
      ...multiples.map(of("errors")),
      ...(expected.latency ? latencyMultiples.map(of("latency")) : []),
    ],
  };
}

/** Weights that are tried for the first step, and those that follow where they at least double the share. */
const firstWeights = [50, 25, 20, 10, 5, 2, 1];
const laterWeights = [5, 25, 50];

/** Pauses that people write. */
const pauses = [
  60,
  120,
  180,
  300,
  600,
  900,
  1200,
  1800,
  2700,
  3600,
  7200,
  10_800,
  14_400,
  21_600,
  43_200,
  day,
];

/**
 * The fastest steps that find five times as many errors before they have cost `maxBadResponses`: the first weight is
 * the largest that does, and every later step lasts long enough to find a regression that begins with it.
 *
 * @returns the least that finding it costs, when that is more than it may or takes more than a day
 */
export function proposeSteps(
  options: PolicyOptions,
  expected: Expected,
  maxBadResponses: number,
): Proposal | { leastBadResponses: number | null } {
  let least: number | null = null;
  const pauseFor = memoised((weight) => {
    const seconds = secondsFor(options, weight, expected, 5);
    return seconds === null ? undefined : pauses.find((pause) => pause >= seconds);
  });
  for (const first of firstWeights) {
    const weights = [first];
    for (const weight of laterWeights) if (weight >= 2 * weights.at(-1)!) weights.push(weight);
    const steps = weights.flatMap((weight) => {
      const pauseSeconds = pauseFor(weight);
      return pauseSeconds === undefined ? [] : [{ weight, pauseSeconds }];
    });
    if (steps.length < weights.length) continue;
    const policy = policyFor({ ...options, steps });
    const detection = rehearse(policy, steps, expected, { metric: "errors", ratio: 5 });
    if (detection.seconds === null) continue;
    least = Math.min(least ?? Number.POSITIVE_INFINITY, detection.badResponses);
    if (detection.badResponses <= maxBadResponses)
      return { steps: [...steps, { weight: 100, pauseSeconds: 0 }], detection };
  }
  return { leastBadResponses: least };
}

/** The same answers, each computed once: most weights come up again after another first step. */
function memoised<T>(of: (weight: number) => T): (weight: number) => T {
  const known = new Map<number, T>();
  return (weight) => {
    if (!known.has(weight)) known.set(weight, of(weight));
    return known.get(weight) as T;
  };
}

/** Seconds after which a step of this weight finds that many times as many errors; null when it takes more than a day. */
function secondsFor(
  options: PolicyOptions,
  weight: number,
  expected: Expected,
  ratio: number,
): number | null {
  const { requestsPerSecond, errorRatio } = expected;
  const rough = detectionSeconds({ requestsPerSecond, errorRatio, ratio, weight: weight / 100 });
  if (!(rough < day)) return null;
  // Margin, warm-up and the parts of the bet that lie elsewhere make it longer, never ten times.
  const pauseSeconds = Math.min(day, 10 * rough + 1200);
  const steps = [{ weight, pauseSeconds }];
  const policy = policyFor({ ...options, steps });
  return rehearse(policy, steps, expected, { metric: "errors", ratio }).seconds;
}
