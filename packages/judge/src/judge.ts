import type { Counters, Sample, Verdict } from "@sluice/documents";
import { increase, isLater, nothing, pairOf, sum, usable } from "./arms.ts";
import { type GaugeSums, observeGuards, type Sums, startGuards } from "./guards.ts";
import { chooseEdges, sharedEdges } from "./histogram.ts";
import {
  beganAt,
  lnTogether,
  type MetricState,
  type Moment,
  startMetric,
  stepUp,
  takeInterval,
} from "./metric.ts";
import type { Policy } from "./policy.ts";
import { follow, horizonOf, planSeconds, startSchedule } from "./schedule.ts";
import type { Context, JudgeState } from "./state.ts";
import { verdictOf } from "./verdict.ts";

/** Half of alpha is for the errors; the rest is for latency and every own metric alike. */
const errorShare = 0.5;

export function start(policy: Policy): JudgeState {
  const sums: Sums = {
    canary: nothing,
    baseline: nothing,
    ready: 0,
    desired: 0,
    gauges: { canary: {}, baseline: {} },
  };
  const part = (1 - errorShare) / (policy.events.length + 1);
  return {
    t: null,
    wentBack: 0,
    canary: null,
    baseline: null,
    pair: null,
    hasCanary: false,
    hasBaseline: false,
    sums,
    step: { weight: -1, since: 0, requests: 0, coldSince: null },
    desired: null,
    now: { healthFailures: 0, restarts: 0, alerts: null },
    areAlertsAway: false,
    schedule: startSchedule(),
    metrics: [
      startMetric({ name: "errors", kind: "errors", share: errorShare }, policy),
      ...policy.events.map(({ name }) => startMetric({ name, kind: "events", share: part }, policy)),
    ],
    unspent: part,
    guards: startGuards(policy, 0, sums),
    lnLargest: 0,
    decision: null,
  };
}

/**
 * Takes in one reading of both versions and says what it means.
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
  state.lnLargest >= Math.log(1 / policy.alpha) - 1e-9;

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

/**
 * Takes in one reading as `observe` does, without saying what it means: for simulations, and to catch up with stored
 * readings. The same reading again, or an older one, changes nothing. One whose counters have grown while its time has
 * not is from a clock that was set back: its counts are used, and the judge's own time stands still meanwhile. A
 * version whose counters are not numbers, infinite or negative has no data.
 */
export function advance(
  state: JudgeState,
  sample: Sample,
  policy: Policy,
  context: Context = {},
): JudgeState {
  const read = { canary: usable(sample.canary), baseline: usable(sample.baseline) };
  let { wentBack } = state;
  let t = sample.t + wentBack;
  if (state.t !== null && t <= state.t) {
    if (!isLater(state, read)) return state;
    wentBack += state.t - t;
    t = state.t;
  }
  const health = context.health ?? sample.replicas;
  const firing = sample.alerts;
  const isRise = sample.weight > state.step.weight;
  const isSameStep = sample.weight === state.step.weight;
  const startsReplicas = health === undefined || state.desired === null || health.desired > state.desired;
  const schedule = follow(state.schedule, policy.plan, sample.weight, t - state.step.since);
  const step = isSameStep
    ? state.step
    : {
        weight: sample.weight,
        since: t,
        requests: 0,
        coldSince: isRise && startsReplicas ? t : state.step.coldSince,
      };

  const gain = { canary: gained(state.canary, read.canary), baseline: gained(state.baseline, read.baseline) };
  const sums = addUp(state.sums, gain, read, health);
  const now = {
    healthFailures: health ? (health.ready < health.desired ? state.now.healthFailures + 1 : 0) : 0,
    restarts: health?.restarts ?? 0,
    alerts: firing ? { firing, before: state.now.alerts?.before ?? firing } : state.now.alerts,
  };

  let { metrics, unspent } = withLatency(state, read, policy);
  if (isRise && sample.weight < 100) metrics = metrics.map((metric) => stepUp(metric, policy, t));
  metrics = metrics.map((metric) => noteData(metric, read, t));

  const both = read.canary && read.baseline ? { canary: read.canary, baseline: read.baseline } : null;
  let isNews = metrics.length !== state.metrics.length;
  if (both && state.pair) {
    const arms = isSamePair(state)
      ? gain
      : {
          canary: increase(state.pair.canary, both.canary),
          baseline: increase(state.pair.baseline, both.baseline),
        };
    const moment = momentOf(state, { schedule, step }, policy, t);
    metrics = metrics.map((metric) => {
      const next = takeInterval(metric, arms, policy, moment);
      isNews ||= next !== metric;
      return next;
    });
  }
  const lnE = isNews ? lnTogether(metrics, unspent) : Number.NEGATIVE_INFINITY;
  const lnLargest = Math.max(state.lnLargest, lnE);
  const next: JudgeState = {
    t,
    wentBack,
    canary: read.canary ?? state.canary,
    baseline: read.baseline ?? state.baseline,
    pair: both ?? state.pair,
    hasCanary: read.canary !== null,
    hasBaseline: read.baseline !== null,
    sums,
    step: { ...step, requests: step.requests + gain.canary.requests },
    desired: health?.desired ?? state.desired,
    now,
    areAlertsAway: firing === null,
    schedule,
    metrics,
    unspent,
    guards:
      state.t === null ? startGuards(policy, t, sums) : observeGuards(state.guards, policy, t, sums, now),
    lnLargest,
    decision: state.decision,
  };
  return next.decision === null && isWorse(next, policy)
    ? { ...next, decision: decisionOf(next, policy) }
    : next;
}

/** The metric that is behind the evidence, and the time it was gathered in. */
function decisionOf(state: JudgeState, policy: Policy): NonNullable<JudgeState["decision"]> {
  const strength = ({ share, lnE }: MetricState) => Math.log(share) + lnE;
  const strongest = state.metrics.reduce((a, b) => (strength(b) > strength(a) ? b : a));
  return {
    metric: strongest.name,
    method: strongest.test?.isReached ? "group-sequential" : "e-process",
    from: beganAt(strongest, policy),
    to: state.t ?? 0,
  };
}

const gained = (before: Counters | null, after: Counters | null): Counters =>
  before && after ? increase(before, after) : nothing;

/** The last reading had both versions, so what each gained since is what both gained together. */
const isSamePair = ({ pair, canary, baseline }: JudgeState) =>
  pair !== null && pair.canary === canary && pair.baseline === baseline;

function addUp(
  sums: Sums,
  gain: { canary: Counters; baseline: Counters },
  read: { canary: Counters | null; baseline: Counters | null },
  health: Context["health"],
): Sums {
  return {
    canary: sum(sums.canary, gain.canary),
    baseline: sum(sums.baseline, gain.baseline),
    ready: sums.ready + (health?.ready ?? 0),
    desired: sums.desired + (health?.desired ?? 0),
    gauges: {
      canary: addGauges(sums.gauges.canary, read.canary?.gauges),
      baseline: addGauges(sums.gauges.baseline, read.baseline?.gauges),
    },
  };
}

function addGauges(sums: GaugeSums, gauges: Counters["gauges"]): GaugeSums {
  if (!gauges) return sums;
  const next: Record<string, { sum: number; looks: number }> = { ...sums };
  for (const [name, value] of Object.entries(gauges)) {
    if (!Number.isFinite(value)) continue;
    const { sum, looks } = next[name] ?? { sum: 0, looks: 0 };
    next[name] = { sum: sum + value, looks: looks + 1 };
  }
  return next;
}

/** Whether the newest reading had an own metric, of each version. */
function noteData(
  metric: MetricState,
  read: { canary: Counters | null; baseline: Counters | null },
  t: number,
): MetricState {
  if (metric.kind !== "events") return metric;
  const has = {
    canary: pairOf(read.canary, metric.name) !== undefined,
    baseline: pairOf(read.baseline, metric.name) !== undefined,
  };
  if (has.canary === metric.has.canary && has.baseline === metric.has.baseline) return metric;
  return { ...metric, has, missingSince: has.canary && has.baseline ? null : (metric.missingSince ?? t) };
}

/**
 * The metrics with latency among them, as soon as its edges are known. They are chosen from what the baseline had
 * before the first interval that is compared, among those that the canary has too. Where it answers requests and
 * shows no histogram, latency is not measured, and the errors have its part of alpha.
 */
function withLatency(
  state: JudgeState,
  read: { canary: Counters | null; baseline: Counters | null },
  policy: Policy,
): Pick<JudgeState, "metrics" | "unspent"> {
  const { metrics, unspent } = state;
  if (unspent === null) return { metrics, unspent };
  const [errors, ...own] = metrics;
  const newest = read.baseline ?? state.baseline;
  const hasHistogram = newest !== null && Object.keys(newest.latency).some((edge) => edge !== "+Inf");
  const isUntouched = errors!.process.canarySide + errors!.process.baselineSide === 0;
  const isNotMeasured = newest !== null && newest.requests > 0 && !hasHistogram && isUntouched;
  if (policy.latencyEdges?.length === 0 || isNotMeasured)
    return { metrics: [{ ...errors!, share: errors!.share + unspent }, ...own], unspent: null };

  const known = state.baseline ?? read.baseline;
  const shared = known && sharedEdges(known.latency, (state.canary ?? read.canary)?.latency ?? {});
  const edges =
    shared &&
    (policy.latencyEdges ??
      chooseEdges(shared, policy.latencyFloorMilliseconds, policy.latencyObjectiveMilliseconds));
  if (!edges?.length) return { metrics, unspent };
  const share = unspent / edges.length;
  const latency = edges.map((edge) => {
    const name = `latency > ${Number(edge) * 1000} ms`;
    const metric = startMetric({ name, kind: "latency", edge, share }, policy);
    return state.t === null ? metric : stepUp(metric, policy, state.step.since);
  });
  return { metrics: [...metrics, ...latency], unspent: null };
}

/** Where the interval that ends now lies: after the warm-up, and in the plan. */
function momentOf(
  before: JudgeState,
  { schedule, step }: Pick<JudgeState, "schedule" | "step">,
  policy: Policy,
  t: number,
): Moment {
  const { coldSince } = step;
  const { warmUpSeconds } = policy;
  const isWarmAfter = (seconds: number) =>
    warmUpSeconds <= 0 || coldSince === null || t - coldSince > seconds;
  const warmth = { isWarm: isWarmAfter(warmUpSeconds), isWarmForTest: isWarmAfter(2 * warmUpSeconds) };
  const moment = { ...warmth, isPlanLeft: schedule.left !== null, t };
  const at = planSeconds(schedule, policy.plan, t - step.since);
  if (at === null) return { ...moment, plan: null };
  const isLast = at + (t - (before.t ?? t)) > horizonOf(policy.plan);
  return { ...moment, plan: { at, isLast } };
}
