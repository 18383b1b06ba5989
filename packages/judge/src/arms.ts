import type { Counters } from "@sluice/documents";

export const nothing: Counters = { requests: 0, errors: 0, latency: {} };

/**
 * What a version did between two readings of its counters. A counter that fell was restarted and counts from
 * zero, and then all counters of that version did. Counters are whole numbers; extrapolated ones are rounded.
 */
export function increase(before: Counters, after: Counters): Counters {
  const isRestart =
    after.requests < before.requests ||
    after.errors < before.errors ||
    Object.entries(before.latency).some(([edge, count]) => (after.latency[edge] ?? count) < count);
  const base = isRestart ? nothing : before;
  const requests = Math.round(after.requests - base.requests);
  return {
    requests,
    errors: Math.min(requests, Math.round(after.errors - base.errors)),
    latency: Object.fromEntries(
      Object.entries(after.latency).map(([edge, count]) => [
        edge,
        Math.max(0, Math.round(count - (base.latency[edge] ?? 0))),
      ]),
    ),
  };
}

export function sum(a: Counters, b: Counters): Counters {
  return combine(a, b, (x, y) => x + y);
}

/** What was added since an earlier sum. */
export function since(now: Counters, then: Counters): Counters {
  return combine(now, then, (x, y) => x - y);
}

function combine(a: Counters, b: Counters, of: (x: number, y: number) => number): Counters {
  const edges = new Set([...Object.keys(a.latency), ...Object.keys(b.latency)]);
  return {
    requests: of(a.requests, b.requests),
    errors: of(a.errors, b.errors),
    latency: Object.fromEntries(
      [...edges].map((edge) => [edge, of(a.latency[edge] ?? 0, b.latency[edge] ?? 0)]),
    ),
  };
}
