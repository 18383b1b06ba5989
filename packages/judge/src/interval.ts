import type { Counters } from "@sluice/documents";
import { pairOf } from "./arms.ts";
import { exceedances } from "./histogram.ts";
import type { Interval } from "./kernel.ts";

/** What both versions did over one interval. */
export interface Arms {
  canary: Counters;
  baseline: Counters;
}

/** Failed requests of all. */
export const errorsIn = ({ canary, baseline }: Arms): Interval => ({
  canaryRequests: canary.requests,
  baselineRequests: baseline.requests,
  canaryEvents: canary.errors,
  baselineEvents: baseline.errors,
});

/** Requests that took longer than an edge of the histogram; null when a version does not have that edge. */
export function slowIn({ canary, baseline }: Arms, edge: string): Interval | null {
  const canaryEvents = exceedances(canary.latency, edge);
  const baselineEvents = exceedances(baseline.latency, edge);
  if (canaryEvents === null || baselineEvents === null) return null;
  return {
    canaryRequests: canary.latency["+Inf"] ?? 0,
    baselineRequests: baseline.latency["+Inf"] ?? 0,
    canaryEvents,
    baselineEvents,
  };
}

/** An own pair of counters; null when a version does not have it. Where fewer are worse, what is left of the total counts. */
export function ownIn({ canary, baseline }: Arms, name: string, isLowerWorse: boolean): Interval | null {
  const own = pairOf(canary, name);
  const other = pairOf(baseline, name);
  if (!own || !other) return null;
  const bad = ({ events, total }: typeof own) => (isLowerWorse ? total - events : events);
  return {
    canaryRequests: own.total,
    baselineRequests: other.total,
    canaryEvents: bad(own),
    baselineEvents: bad(other),
  };
}
