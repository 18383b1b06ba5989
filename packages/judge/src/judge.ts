import type { Counters, Sample, Verdict } from "@sluice/documents";
import { increase, nothing, sum } from "./arms.ts";
import { addInterval, beginStart, gridOf, lnEValue, lnSumExp, startProcess } from "./e-process.ts";
import { observeGuards, type Sums, startGuards } from "./guards.ts";
import { chooseEdges, exceedances } from "./histogram.ts";
import type { Policy } from "./policy.ts";
import type { Context, JudgeState, MetricState } from "./state.ts";
import { verdictOf } from "./verdict.ts";

const errorShare = 0.5;

export function start(policy: Policy): JudgeState {
  const sums: Sums = { canary: nothing, baseline: nothing, ready: 0, desired: 0 };
  return {
    t: null,
    canary: null,
    baseline: null,
    pair: null,
    hasCanary: false,
    hasBaseline: false,
    sums,
    step: { weight: -1, since: 0, requests: 0 },
    metrics: [{ name: "errors", share: errorShare, process: startProcess(gridOf(policy)) }],
    unspent: 1 - errorShare,
    guards: startGuards(policy, 0, sums),
    lnLargest: 0,
    culprit: null,
  };
}

/**
 * Takes in one reading of both versions and says what it means. A sample that is not newer than the last one
 * changes nothing.
 *
 * @param sample cumulative counters; a counter that fell is a restart, a version that is null has no data
 */
export function observe(
  state: JudgeState,
  sample: Sample,
  policy: Policy,
  context: Context = {},
): { state: JudgeState; verdict: Verdict } {
  const next = advance(state, sample, policy, context);
  return { state: next, verdict: verdictOf(next, policy, context) };
}

/** Whether the comparison has reached the bound at which a release is rolled back; guards stand beside it. */
export const isWorse = (state: JudgeState, policy: Policy): boolean =>
  state.lnLargest >= Math.log(1 / policy.alpha);

/** The verdict of what is known now, as in `observe`, without a new reading. */
export const conclude = (state: JudgeState, policy: Policy, context: Context = {}): Verdict =>
  verdictOf(state, policy, context);

/** The verdict while the metrics cannot be read: nothing is said about any version. */
export function judgeAway(state: JudgeState, policy: Policy, why: string, mustDecide: boolean): Verdict {
  return {
    ...verdictOf(state, policy, {}),
    verdict: mustDecide ? "inconclusive" : "hold",
    reasonCode: "judge.metrics-away",
    sentence: `${why}. That says nothing about the release, so the traffic stays as it is.`,
  };
}

/** Takes in one reading as `observe` does, without saying what it means: for simulations, and to catch up with stored readings. */
export function advance(
  state: JudgeState,
  sample: Sample,
  policy: Policy,
  context: Context = {},
): JudgeState {
  if (state.t !== null && sample.t <= state.t) return state;
  const grid = gridOf(policy);
  const isRise = sample.weight > state.step.weight;
  const step =
    sample.weight === state.step.weight
      ? state.step
      : { weight: sample.weight, since: sample.t, requests: 0 };
  const canary = gained(state.canary, sample.canary);
  const baseline = gained(state.baseline, sample.baseline);
  const sums: Sums = {
    canary: sum(state.sums.canary, canary),
    baseline: sum(state.sums.baseline, baseline),
    ready: state.sums.ready + (context.health?.ready ?? 0),
    desired: state.sums.desired + (context.health?.desired ?? 0),
  };

  let { metrics, unspent } = state;
  if (unspent > 0) {
    const edges = edgesToCompare(state, sample, policy);
    if (edges) {
      metrics = [
        ...metrics,
        ...edges.map((edge) => ({
          name: `latency > ${Number(edge) * 1000} ms`,
          edge,
          share: unspent / edges.length,
          process: beginStart(startProcess(grid), policy.starts),
        })),
      ];
      if (edges.length) unspent = 0;
    }
  }
  if (isRise && sample.weight < 100)
    metrics = metrics.map((metric) => ({
      ...metric,
      process: beginStart(metric.process, policy.starts),
    }));

  const both = sample.canary && sample.baseline ? { canary: sample.canary, baseline: sample.baseline } : null;
  if (both && state.pair) {
    const arms = {
      canary: increase(state.pair.canary, both.canary),
      baseline: increase(state.pair.baseline, both.baseline),
    };
    const isWarm = sample.t - step.since > policy.warmUpSeconds || policy.warmUpSeconds <= 0;
    metrics = metrics.map((metric) => {
      const interval = intervalOf(metric, arms);
      return interval
        ? {
            ...metric,
            process: addInterval(metric.process, interval, policy, grid, {
              isWarm,
              tempering: temperingOf(metric, policy),
            }),
          }
        : metric;
    });
  }

  const parts = metrics.map((metric) => Math.log(metric.share) + lnEValue(metric.process, policy, grid));
  const lnE = lnSumExp(unspent > 0 ? [...parts, Math.log(unspent)] : parts);
  const isLargest = lnE > state.lnLargest;
  return {
    t: sample.t,
    canary: sample.canary ?? state.canary,
    baseline: sample.baseline ?? state.baseline,
    pair: both ?? state.pair,
    hasCanary: sample.canary !== null,
    hasBaseline: sample.baseline !== null,
    sums,
    step: { ...step, requests: step.requests + canary.requests },
    metrics,
    unspent,
    guards:
      state.t === null
        ? startGuards(policy, sample.t, sums)
        : observeGuards(state.guards, policy, sample.t, sums),
    lnLargest: isLargest ? lnE : state.lnLargest,
    culprit: isLargest ? metrics[parts.indexOf(Math.max(...parts))]!.name : state.culprit,
  };
}

const temperingOf = ({ edge }: MetricState, policy: Policy): number =>
  edge === undefined ? policy.tempering : policy.latencyTempering;

const gained = (before: Counters | null, after: Counters | null): Counters =>
  before && after ? increase(before, after) : nothing;

/** Which latencies to compare; decided from readings before the first interval that is compared. */
function edgesToCompare(state: JudgeState, sample: Sample, policy: Policy): readonly string[] | null {
  const reading = state.baseline ?? sample.baseline;
  if (!reading) return null;
  return policy.latencyEdges ?? chooseEdges(reading.latency, policy.latencyFloorMilliseconds);
}

function intervalOf(metric: MetricState, arms: { canary: Counters; baseline: Counters }) {
  if (metric.edge === undefined)
    return {
      canaryRequests: arms.canary.requests,
      baselineRequests: arms.baseline.requests,
      canaryEvents: arms.canary.errors,
      baselineEvents: arms.baseline.errors,
    };
  const canaryEvents = exceedances(arms.canary.latency, metric.edge);
  const baselineEvents = exceedances(arms.baseline.latency, metric.edge);
  if (canaryEvents === null || baselineEvents === null) return null;
  return {
    canaryRequests: arms.canary.latency["+Inf"] ?? 0,
    baselineRequests: arms.baseline.latency["+Inf"] ?? 0,
    canaryEvents,
    baselineEvents,
  };
}
