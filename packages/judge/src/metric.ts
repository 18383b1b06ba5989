import { addToBunching, type BunchingState, startBunching, temperedBy } from "./bunching.ts";
import {
  addInterval,
  beginStart,
  isComparable,
  lnColdEValue,
  lnEValue,
  type ProcessState,
  startProcess,
  strongestStart,
} from "./e-process.ts";
import { gridOf, lnMixture, lnSumExp } from "./grid.ts";
import { addToTest, type GroupSequentialState, look, startGroupSequential } from "./group-sequential.ts";
import { type Arms, errorsIn, ownIn, slowIn } from "./interval.ts";
import type { Interval } from "./kernel.ts";
import type { EventMetric, Policy } from "./policy.ts";
import { horizonOf } from "./schedule.ts";

/** One kind of event that is compared: its part of alpha and its evidence. Plain data. */
export interface MetricState {
  /** `errors`, `latency > 250 ms`, or the name of an own metric. */
  name: string;
  kind: "errors" | "latency" | "events";
  /** Bucket edge of a latency metric. */
  edge?: string;
  /** Part of alpha. */
  share: number;
  process: ProcessState;
  /** The exact test beside it; null where it cannot be used. */
  test: GroupSequentialState | null;
  /** The bet that took over from the exact test when it ended; null before. */
  successor: Successor | null;
  /** How much slow requests come in bunches; null where they do not. */
  bunching: BunchingState | null;
  /** Whether the newest reading had it, of each version. */
  has: { canary: boolean; baseline: boolean };
  /** Since when a version does not have it, in seconds; null while both do. */
  missingSince: number | null;
  /** ln of its evidence, and the largest so far; 1/(alpha * share) decides alone. */
  lnE: number;
  lnLargest: number;
}

/**
 * A bet with what the exact test has not spent when it ends. The end depends on weights, times and the events of both
 * versions together, so the chance of a false alarm of both stays what the test had: at most `spent` before and at
 * most the rest after (Ville 1939 for a bet that begins then).
 */
interface Successor {
  /** Log-likelihood at every ratio of the grid when it began, and the time in seconds. */
  warm: readonly number[];
  at: number;
  /** Part of the metric's alpha. */
  part: number;
}

/** What holds for a metric beside its data. */
interface Terms {
  tolerance: number;
  tempering: number;
  isLowerWorse: boolean;
}

export function termsOf({ kind, name }: Pick<MetricState, "kind" | "name">, policy: Policy): Terms {
  const { tolerance } = policy;
  if (kind === "latency") return { tolerance, tempering: policy.latencyTempering, isLowerWorse: false };
  if (kind === "errors") return { tolerance, tempering: policy.tempering, isLowerWorse: false };
  const own = eventMetric(name, policy);
  return { tolerance: own.tolerance, tempering: own.tempering, isLowerWorse: own.worse === "lower" };
}

export function eventMetric(name: string, policy: Policy): EventMetric {
  const found = policy.events.find((metric) => metric.name === name);
  if (!found) throw new RangeError(`the policy has no metric ${name}`);
  return found;
}

export const metricGrid = (metric: Pick<MetricState, "kind" | "name">, policy: Policy) =>
  gridOf(policy, termsOf(metric, policy).tolerance, testPart(metric, policy) > 0);

/** Part of a metric's alpha that the guard for cold starts has. */
const coldPart = (policy: Policy): number => (policy.warmUpSeconds > 0 ? policy.coldShare : 0);

/** Tempering from which on events count as independent: a dispersion below 1.15 is what a history of them shows too. */
const independent = 1 / 1.15;

/**
 * Part of a metric's alpha that the exact test has, of what the guard for cold starts leaves. None where it would
 * not be exact: without a plan, where events come in bunches, and for latency, whose slow
 * requests always do.
 */
function testPart(metric: Pick<MetricState, "kind" | "name">, policy: Policy): number {
  const { plan, groupSequential } = policy;
  const isPlanned = plan.length > 0 && plan.every((step) => step.pauseSeconds >= groupSequential.lookSeconds);
  const isExact = metric.kind !== "latency" && termsOf(metric, policy).tempering >= independent;
  return isPlanned && isExact ? groupSequential.share : 0;
}

/** Alpha of the exact test of a metric over the whole plan. */
export const testAlpha = (metric: Pick<MetricState, "kind" | "name" | "share">, policy: Policy): number =>
  policy.alpha * metric.share * (1 - coldPart(policy)) * testPart(metric, policy);

export function startMetric(
  about: Pick<MetricState, "name" | "kind" | "edge" | "share">,
  policy: Policy,
): MetricState {
  const metric: MetricState = {
    ...about,
    process: startProcess(metricGrid(about, policy)),
    test: testPart(about, policy) > 0 ? startGroupSequential() : null,
    successor: null,
    bunching: about.kind === "latency" && policy.areSlowBunched ? startBunching() : null,
    has: { canary: true, baseline: true },
    missingSince: null,
    lnE: 0,
    lnLargest: 0,
  };
  return { ...metric, lnE: lnMetric(metric, policy) };
}

export const stepUp = (metric: MetricState, policy: Policy, at: number): MetricState => ({
  ...metric,
  process: beginStart(metric.process, policy.starts, policy.firstStart, at),
});

/** Where an interval lies: after the warm-up, and how far in the plan (null: outside of it, the exact test leaves it out). */
export interface Moment {
  isWarm: boolean;
  /** The same for the exact test, which sees smaller differences and therefore waits twice as long. */
  isWarmForTest: boolean;
  plan: { at: number; isLast: boolean } | null;
  /** The rollout does not follow its plan any more. */
  isPlanLeft: boolean;
  /** Seconds. */
  t: number;
}

/**
 * ln of the most that a bet on latency may win in one interval. One pause of a process makes everything slow that
 * waits behind it, whatever the version; only what comes again is a property of the version.
 */
const mostOfPause = 3.5;

/** Adds an interval; a metric that it does not have stays as it is. */
export function takeInterval(
  metric: MetricState,
  arms: Arms,
  policy: Policy,
  { isWarm, isWarmForTest, plan, isPlanLeft, t }: Moment,
): MetricState {
  const { tolerance, tempering } = termsOf(metric, policy);
  const interval = intervalOf(metric, arms, policy);
  let { process, test, successor, bunching } = metric;
  const isNews = interval !== null && isComparable(interval);
  if (isNews) {
    const exponent = bunching ? temperedBy(bunching, tempering) : tempering;
    process = addInterval(process, interval, metricGrid(metric, policy), {
      isWarm,
      tempering: exponent,
      most: bunching ? mostOfPause : undefined,
    });
    if (bunching) bunching = addToBunching(bunching, interval);
  }
  if (test && plan) {
    if (isNews && isWarmForTest) test = addToTest(test, interval, tolerance);
    const { groupSequential } = policy;
    if (plan.isLast || plan.at - test.lookedAt >= groupSequential.lookSeconds)
      test = look(test, groupSequential, testAlpha(metric, policy), plan.at, horizonOf(policy.plan));
  }
  if (test && !successor && !test.isReached && (isPlanLeft || test.isOutage)) {
    const whole = policy.alpha * metric.share;
    successor = {
      warm: process.warm,
      at: t,
      part: Math.max(0, testAlpha(metric, policy) - test.spent) / whole,
    };
  }
  if (process === metric.process && test === metric.test && successor === metric.successor) return metric;
  const next = { ...metric, process, test, successor, bunching };
  const lnE = lnMetric(next, policy);
  return { ...next, lnE, lnLargest: Math.max(metric.lnLargest, lnE) };
}

/**
 * ln of all the evidence of one metric: the e-process, the guard for cold starts, the exact test and the bet that takes
 * over from it, each weighted by its part of alpha. The exact test is worth nothing until it rejects, and then so much
 * that the whole reaches 1/alpha.
 */
function lnMetric(metric: MetricState, policy: Policy): number {
  const grid = metricGrid(metric, policy);
  const cold = coldPart(policy);
  const test = metric.test ? testPart(metric, policy) : 0;
  const main = Math.log((1 - cold) * (1 - test)) + lnEValue(metric.process, grid);
  if (metric.test?.isReached) return lnSumExp([main, Math.log(1 / (policy.alpha * metric.share))]);
  const parts = [main, lnSuccessor(metric, policy)];
  if (cold > 0) parts.push(Math.log(cold) + lnColdEValue(metric.process, grid));
  return lnSumExp(parts);
}

/** ln of what the bet that took over from the exact test has won, weighted by its part of alpha. */
function lnSuccessor({ successor, process, kind, name }: MetricState, policy: Policy): number {
  if (!successor || successor.part === 0) return Number.NEGATIVE_INFINITY;
  const { wide } = metricGrid({ kind, name }, policy);
  return Math.log(successor.part) + lnMixture(process.warm, wide, successor.warm);
}

/** ln of the average of the evidence of all metrics, weighted by their part of alpha. */
export function lnTogether(metrics: readonly MetricState[], unspent: number | null): number {
  const parts = metrics.map(({ share, lnE }) => Math.log(share) + lnE);
  if (unspent) parts.push(Math.log(unspent));
  return lnSumExp(parts);
}

/** When the evidence that is strongest began to be gathered, in seconds. */
export function beganAt(metric: MetricState, policy: Policy): number {
  const grid = metricGrid(metric, policy);
  const { process, test } = metric;
  const first = process.starts[0]?.at ?? 0;
  const isCold = coldPart(policy) > 0 && lnColdEValue(process, grid) > lnEValue(process, grid);
  if (metric.successor && lnSuccessor(metric, policy) > lnEValue(process, grid)) return metric.successor.at;
  return test?.isReached || isCold ? first : (strongestStart(process, grid) ?? first);
}

/** What the interval shows of a metric; null when a version does not have it. */
function intervalOf(metric: MetricState, arms: Arms, policy: Policy): Interval | null {
  if (metric.kind === "errors") return errorsIn(arms);
  if (metric.kind === "latency") return slowIn(arms, metric.edge!);
  return ownIn(arms, metric.name, termsOf(metric, policy).isLowerWorse);
}
