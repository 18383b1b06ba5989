import type { Counters } from "@sluice/documents";

/** The counters of a version that has answered nothing. */
export const nothing: Counters = { requests: 0, errors: 0, latency: {} };

type Latency = Counters["latency"];
type Pairs = NonNullable<Counters["events"]>;
const noPair: Pairs[string] = { events: 0, total: 0 };

/** An own pair of counters; not what every object has by that name, as a metric may be called `constructor`. */
export const pairOf = (counters: Counters | null, name: string): Pairs[string] | undefined =>
  counters?.events && Object.hasOwn(counters.events, name) ? counters.events[name] : undefined;

/**
 * What a version did between two readings of its counters. A counter that fell was restarted and counts from
 * zero, and then all counters of that version did; an own pair of counters may come from elsewhere and is looked at
 * by itself. Counters are whole numbers; extrapolated ones are rounded. More failures than requests are not possible
 * and are taken as all of them. Gauges are as they were read last.
 */
export function increase(before: Counters, after: Counters): Counters {
  const base = hasFallen(before, after) ? nothing : before;
  const requests = Math.round(after.requests - base.requests);
  const gain: Counters = {
    requests,
    errors: Math.min(requests, Math.round(after.errors - base.errors)),
    latency: combine(after.latency, base.latency, grown),
  };
  if (after.events)
    gain.events = mapPairs(after.events, (pair, name) => pairGain(pair, pairOf(before, name)));
  if (after.gauges) gain.gauges = after.gauges;
  return gain;
}

function hasFallen(before: Counters, after: Counters): boolean {
  if (after.requests < before.requests || after.errors < before.errors) return true;
  for (const edge in before.latency)
    if ((after.latency[edge] ?? Number.POSITIVE_INFINITY) < before.latency[edge]!) return true;
  return false;
}

const grown = (now: number, then: number) => Math.max(0, Math.round(now - then));

/** A pair that was not there before counts from now on: nobody knows over which time it has grown. */
function pairGain(after: Pairs[string], before: Pairs[string] | undefined): Pairs[string] {
  if (!before) return noPair;
  const isRestart = after.total < before.total || after.events < before.events;
  const base = isRestart ? noPair : before;
  const total = Math.round(after.total - base.total);
  return { events: Math.min(total, Math.round(after.events - base.events)), total };
}

export const sum = (a: Counters, b: Counters): Counters => each(a, b, (x, y) => x + y);

/** What was added since an earlier sum. */
export const since = (now: Counters, then: Counters): Counters => each(now, then, (x, y) => x - y);

function each(a: Counters, b: Counters, of: (x: number, y: number) => number): Counters {
  const both: Counters = {
    requests: of(a.requests, b.requests),
    errors: of(a.errors, b.errors),
    latency: combine(a.latency, b.latency, of),
  };
  if (a.events || b.events)
    both.events = mapPairs({ ...b.events, ...a.events }, (_, name) => {
      const [one, other] = [pairOf(a, name) ?? noPair, pairOf(b, name) ?? noPair];
      return { events: of(one.events, other.events), total: of(one.total, other.total) };
    });
  return both;
}

/**
 * Two histograms at the edges that both have: of an edge that one of them does not have (a native histogram has made
 * its buckets wider) nobody knows the count there, and zero would call every request slow.
 */
function combine(a: Latency, b: Latency, of: (x: number, y: number) => number): Latency {
  const both: Latency = {};
  if (isBlank(a)) for (const edge in b) both[edge] = of(a[edge] ?? 0, b[edge]!);
  else if (isBlank(b)) for (const edge in a) both[edge] = of(a[edge]!, b[edge] ?? 0);
  else
    for (const edge in a) {
      const other = b[edge];
      if (other !== undefined) both[edge] = of(a[edge]!, other);
    }
  return both;
}

/** A histogram that has counted nothing and names no edge counts zero at every edge. */
function isBlank(latency: Latency): boolean {
  for (const edge in latency) if (edge !== "+Inf" || latency[edge]! > 0) return false;
  return true;
}

const mapPairs = (pairs: Pairs, of: (pair: Pairs[string], name: string) => Pairs[string]): Pairs =>
  Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, of(pair, name)]));

/**
 * The counters if they can be counted with; null where one of them is not a number, infinite or negative. Such a
 * reading is no data: it says nothing about the version.
 */
export function usable(counters: Counters | null): Counters | null {
  if (!counters) return null;
  const isCount = (value: number) => Number.isFinite(value) && value >= 0;
  const { requests, errors, latency, events } = counters;
  let isSound = isCount(requests) && isCount(errors);
  for (const edge in latency) isSound &&= isCount(latency[edge]!);
  for (const name in events) isSound &&= isCount(events[name]!.events) && isCount(events[name]!.total);
  return isSound ? counters : null;
}

/** Whether a reading can have been made after another: no counter of either version is lower, and one is higher. */
export function isLater(
  before: { canary: Counters | null; baseline: Counters | null },
  after: { canary: Counters | null; baseline: Counters | null },
): boolean {
  const pairs = [
    [before.canary, after.canary],
    [before.baseline, after.baseline],
  ] as const;
  if (pairs.some(([old, now]) => old && now && hasFallen(old, now))) return false;
  return pairs.some(([old, now]) => now !== null && now.requests > (old?.requests ?? 0));
}
