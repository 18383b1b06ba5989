import type { Counters, GuardEvidence } from "@sluice/documents";
import { since } from "./arms.ts";
import { quantileSeconds } from "./histogram.ts";
import type { Guard, Policy } from "./policy.ts";

/** Everything a version did so far: sums that only grow, and how often its replicas were found ready. */
export interface Sums {
  canary: Counters;
  baseline: Counters;
  /** Ready and desired replicas, added up over every look at them. */
  ready: number;
  desired: number;
}

export interface GuardState {
  /** When the check that is being collected began, and the sums then. */
  since: number;
  sumsThen: Sums;
  /** Result of the last check; null before the first. */
  value: number | null;
  isBreached: boolean;
  /** The baseline breached the same bound in the same check. */
  isShared: boolean;
  breachesInARow: number;
}

export function startGuards(policy: Policy, t: number, sums: Sums): GuardState[] {
  return policy.guards.map(() => ({
    since: t,
    sumsThen: sums,
    value: null,
    isBreached: false,
    isShared: false,
    breachesInARow: 0,
  }));
}

/**
 * Checks every guard whose interval is over (but for a twentieth, as readings are never quite on time). A check that has too few requests goes on collecting: one request
 * alone never breaches a bound. A breach that the baseline shares is not the canary's and does not count.
 */
export function observeGuards(
  guards: readonly GuardState[],
  policy: Policy,
  t: number,
  sums: Sums,
): GuardState[] {
  return guards.map((state, i) => {
    const guard = policy.guards[i]!;
    if (t - state.since < 0.95 * policy.checkSeconds) return state;
    const canary = since(sums.canary, state.sumsThen.canary);
    const baseline = since(sums.baseline, state.sumsThen.baseline);
    const replicas = {
      ready: sums.ready - state.sumsThen.ready,
      desired: sums.desired - state.sumsThen.desired,
    };
    const value = measure(guard, canary, replicas, policy);
    if (value === null) return state;
    const isBreached = isBeyond(guard, value);
    const other = guard.bound.metric === "availability" ? null : measure(guard, baseline, null, policy);
    const isShared = isBreached && other !== null && isBeyond(guard, other);
    return {
      since: t,
      sumsThen: sums,
      value,
      isBreached,
      isShared,
      breachesInARow: !isBreached ? 0 : isShared ? state.breachesInARow : state.breachesInARow + 1,
    };
  });
}

export const guardEvidence = (guards: readonly GuardState[], policy: Policy): GuardEvidence[] =>
  guards.map((state, i) => ({
    condition: policy.guards[i]!.bound.text,
    band: policy.guards[i]!.band,
    value: state.value,
    isBreached: state.isBreached,
    breachesInARow: state.breachesInARow,
  }));

/** The measured value in the unit of the bound; null when there is too little to measure it. */
function measure(
  guard: Guard,
  counts: Counters,
  replicas: { ready: number; desired: number } | null,
  policy: Policy,
): number | null {
  const { bound } = guard;
  if (bound.metric === "availability")
    return replicas && replicas.desired > 0 ? (100 * replicas.ready) / replicas.desired : null;
  if (counts.requests < Math.max(1, requestsNeeded(guard, policy))) return null;
  const now =
    bound.metric === "error_rate"
      ? (100 * counts.errors) / counts.requests
      : scaled(quantileSeconds(counts.latency, (bound.percentile ?? 99) / 100));
  if (now === null || !guard.isIncrease) return now;
  const before =
    bound.metric === "error_rate"
      ? (policy.reference?.errorRatio ?? 0) * 100
      : (policy.reference?.p99Milliseconds ?? 0);
  return before > 0 ? 100 * (now / before - 1) : null;
}

const scaled = (seconds: number | null) => (seconds === null ? null : seconds * 1000);

/** Requests below which a single one could breach the bound (or below which an increase is noise). */
function requestsNeeded({ bound, isIncrease }: Guard, policy: Policy): number {
  if (bound.metric === "latency") return Math.ceil(100 / (100 - (bound.percentile ?? 99)));
  if (!isIncrease) return Math.ceil(100 / Math.max(bound.value, 1e-4));
  const before = policy.reference?.errorRatio ?? 0;
  return before > 0 ? Math.ceil(20 / before) : Number.POSITIVE_INFINITY;
}

function isBeyond({ bound }: Guard, value: number): boolean {
  switch (bound.comparison) {
    case ">":
      return value > bound.value;
    case ">=":
      return value >= bound.value;
    case "<":
      return value < bound.value;
    case "<=":
      return value <= bound.value;
  }
}
