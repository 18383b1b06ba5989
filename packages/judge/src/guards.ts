import type { Counters, GuardEvidence } from "@sluice/documents";
import { since } from "./arms.ts";
import { type Evidence, isBeyond, measure } from "./measure.ts";
import type { Guard, Policy } from "./policy.ts";

/** Everything a version did so far: sums that only grow, and how often its replicas were found ready. */
export interface Sums {
  canary: Counters;
  baseline: Counters;
  /** Ready and desired replicas, added up over every look at them. */
  ready: number;
  desired: number;
  /** Gauges of each version, added up over every look at them. */
  gauges: { canary: GaugeSums; baseline: GaugeSums };
}

export type GaugeSums = Readonly<Record<string, { sum: number; looks: number }>>;

/** What is as it is at this moment, and not a sum. */
export interface Now {
  /** Looks in a row at which a replica of the canary was not ready. */
  healthFailures: number;
  restarts: number;
  /** Critical alerts that fire now, and those of them that fired when the release began; null when they are not known. */
  alerts: { firing: readonly string[]; before: readonly string[] } | null;
}

export interface GuardState {
  /** When the check that is being collected began, and the sums then. */
  since: number;
  sumsThen: Sums;
  /** When the breaches in a row that count began to be collected; null without one. */
  breachedFrom: number | null;
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
    breachedFrom: null,
    value: null,
    isBreached: false,
    isShared: false,
    breachesInARow: 0,
  }));
}

/**
 * Checks every guard whose interval is over (but for a twentieth, as readings are never quite on time). A check that
 * has too few requests goes on collecting: one request alone never breaches a bound. A breach that the baseline
 * shares is not the canary's and does not count.
 */
export function observeGuards(
  guards: readonly GuardState[],
  policy: Policy,
  t: number,
  sums: Sums,
  now: Now,
): readonly GuardState[] {
  if (!guards.some((state) => t - state.since >= 0.95 * policy.checkSeconds)) return guards;
  return guards.map((state, i) => {
    const guard = policy.guards[i]!;
    if (t - state.since < 0.95 * policy.checkSeconds) return state;
    const seen = evidenceSince(state.sumsThen, sums, now);
    const value = measure(guard, seen, policy);
    if (value === null) return state;
    const isBreached = isBeyond(guard.bound, value);
    const isShared = isBreached && isAlsoTheBaselines(guard, seen, value, policy);
    const breachesInARow = !isBreached ? 0 : isShared ? state.breachesInARow : state.breachesInARow + 1;
    return {
      since: t,
      sumsThen: sums,
      breachedFrom: breachesInARow === 0 ? null : (state.breachedFrom ?? state.since),
      value,
      isBreached,
      isShared,
      breachesInARow,
    };
  });
}

function evidenceSince(then: Sums, sums: Sums, now: Now): Evidence {
  return {
    canary: since(sums.canary, then.canary),
    baseline: since(sums.baseline, then.baseline),
    replicas: { ready: sums.ready - then.ready, desired: sums.desired - then.desired },
    gauges: {
      canary: means(sums.gauges.canary, then.gauges.canary),
      baseline: means(sums.gauges.baseline, then.gauges.baseline),
    },
    now,
  };
}

function means(sums: GaugeSums, then: GaugeSums): Record<string, number> {
  const mean: Record<string, number> = {};
  for (const [name, { sum, looks }] of Object.entries(sums)) {
    const before = then[name] ?? { sum: 0, looks: 0 };
    if (looks > before.looks) mean[name] = (sum - before.sum) / (looks - before.looks);
  }
  return mean;
}

/** The same evidence with the baseline in the place of the canary. */
const swapped = (seen: Evidence): Evidence => ({
  ...seen,
  canary: seen.baseline,
  baseline: seen.canary,
  replicas: null,
  gauges: { canary: seen.gauges.baseline, baseline: seen.gauges.canary },
});

function isAlsoTheBaselines(guard: Guard, seen: Evidence, value: number, policy: Policy): boolean {
  const { bound } = guard;
  const { alerts } = seen.now;
  switch (bound.metric) {
    case "availability":
    case "health_failures":
    case "restarts":
      return false;
    case "alerts":
      // Alerts that fired before the release are not its doing.
      return value > 0 && alerts !== null && alerts.firing.every((name) => alerts.before.includes(name));
    default: {
      if (bound.isRelative) return false;
      const other = measure(guard, swapped(seen), policy);
      return other !== null && isBeyond(bound, other);
    }
  }
}

export const guardEvidence = (guards: readonly GuardState[], policy: Policy): GuardEvidence[] =>
  guards.map((state, i) => ({
    condition: policy.guards[i]!.bound.text,
    band: policy.guards[i]!.band,
    value: state.value,
    isBreached: state.isBreached,
    breachesInARow: state.breachesInARow,
  }));
