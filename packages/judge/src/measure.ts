import type { Counters } from "@sluice/documents";
import { pairOf } from "./arms.ts";
import type { Now } from "./guards.ts";
import { quantileSeconds } from "./histogram.ts";
import type { Bound, Guard, Policy } from "./policy.ts";

/** What was seen of both versions in one check. */
export interface Evidence {
  canary: Counters;
  baseline: Counters;
  /** Ready and desired replicas, added up over every look; null for a version whose replicas are not looked at. */
  replicas: { ready: number; desired: number } | null;
  /** Means over the looks of the check. */
  gauges: { canary: Record<string, number>; baseline: Record<string, number> };
  now: Now;
}

/** The measured value of the canary in the unit of the bound; null when there is too little to measure it. */
export function measure(guard: Guard, seen: Evidence, policy: Policy): number | null {
  const { bound } = guard;
  switch (bound.metric) {
    case "availability": {
      const { replicas } = seen;
      return replicas && replicas.desired > 0 ? (100 * replicas.ready) / replicas.desired : null;
    }
    case "health_failures":
      return seen.now.healthFailures;
    case "restarts":
      return seen.now.restarts;
    case "alerts":
      return seen.now.alerts ? seen.now.alerts.firing.length : null;
    case "cpu":
    case "memory": {
      const own = seen.gauges.canary[bound.metric] ?? null;
      return bound.isRelative ? ratio(own, seen.gauges.baseline[bound.metric] ?? null) : own;
    }
    default:
      return measureRequests(guard, seen, policy);
  }
}

function measureRequests({ bound, isIncrease }: Guard, seen: Evidence, policy: Policy): number | null {
  const { reference } = policy;
  const counts = countsOf(bound, seen.canary);
  if (isIncrease || (bound.isRelative && seen.baseline.requests === 0)) {
    const before =
      bound.metric === "latency" ? (reference?.p99Milliseconds ?? 0) : 100 * (reference?.errorRatio ?? 0);
    if (before <= 0 || counts.total < Math.max(1, enoughFor(bound, before / 100))) return null;
    const factor = ratio(measured(bound, counts), before);
    return factor === null || bound.isRelative ? factor : 100 * (factor - 1);
  }
  if (!bound.isRelative) return counts.total < Math.max(1, alone(bound)) ? null : measured(bound, counts);

  const others = countsOf(bound, seen.baseline);
  const before = measured(bound, others);
  if (before === null || before <= 0) return null;
  const needed = enoughFor(bound, before / 100);
  if (counts.total < needed || others.total < needed) return null;
  const now = measured(bound, counts);
  // A time that nobody feels is not too long, however much longer it is.
  if (bound.metric === "latency" && now !== null && now < policy.latencyFloorMilliseconds) return 1;
  return ratio(now, before);
}

const ratio = (value: number | null, other: number | null) =>
  value === null || other === null || other <= 0 ? null : value / other;

interface Counts {
  events: number;
  total: number;
  latency: Counters["latency"];
}

function countsOf({ metric, name }: Bound, counters: Counters): Counts {
  const { requests, errors, latency } = counters;
  if (metric !== "events") return { events: errors, total: requests, latency };
  return { events: 0, total: 0, ...pairOf(counters, name ?? ""), latency };
}

/** Percent of the requests, or milliseconds at the percentile. */
function measured({ metric, percentile }: Bound, { events, total, latency }: Counts): number | null {
  if (metric !== "latency") return total > 0 ? (100 * events) / total : null;
  const seconds = quantileSeconds(latency, (percentile ?? 99) / 100);
  return seconds === null ? null : seconds * 1000;
}

/** Requests below which a single one could breach the bound. */
const alone = ({ metric, percentile, value }: Bound) =>
  metric === "latency" ? Math.ceil(100 / (100 - (percentile ?? 99))) : Math.ceil(100 / Math.max(value, 1e-4));

/** Requests below which a comparison is noise: those with twenty events in them. */
const enoughFor = ({ metric, percentile }: Bound, share: number) =>
  metric === "latency"
    ? Math.ceil(100 / (100 - (percentile ?? 99)))
    : share > 0
      ? Math.ceil(20 / share)
      : Number.POSITIVE_INFINITY;

export function isBeyond({ comparison, value: bound }: Bound, value: number): boolean {
  switch (comparison) {
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    case "<=":
      return value <= bound;
  }
}
