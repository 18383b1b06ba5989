import { type Distribution, distributionOf, type Interval } from "./kernel.ts";

/**
 * The exact test of the canary's events over a rollout of planned length (GS-DP). Given how many events each interval
 * had, the canary's share of them is known exactly under "the ratio is at most the tolerated one"; so is the chance
 * that their sum ever reaches a bound. The bounds are such that the chance adds up to alpha over the plan, and no
 * more than alpha (t/T)^power at any time (Lan & DeMets 1983, for the exact conditional distribution). It uses all of
 * its alpha and so finds small differences that the e-process does not, but it needs the plan: it looks no more
 * once the rollout leaves it. Its alpha is spent late, as severe differences are left to the e-process.
 */
export interface GroupSequentialState {
  /** Events of the canary in the intervals that were used. */
  events: number;
  /** Probability of every number of such events together with "the bound was not reached before". */
  unrejected: Distribution;
  /** Part of alpha that is spent. */
  spent: number;
  /** Seconds of the plan at the last look. */
  lookedAt: number;
  /** Events from which the last look rejects; null before the first. */
  bound: number | null;
  isReached: boolean;
  /** Events and requests of both versions in the intervals that were seen. */
  seen: { events: number; requests: number };
  /** Both versions had so many events together that these cannot be independent: it looks no more. */
  isOutage: boolean;
}

/** How the exact test spends its part of alpha. */
export interface Spending {
  /** Part of alpha of the comparison that the exact test has; the e-process has the rest. */
  share: number;
  /** alpha (t/T)^power is spent by the time t of T: 1 is even, 2 is late. */
  power: number;
  /** Seconds between two looks. */
  lookSeconds: number;
}

export const startGroupSequential = (): GroupSequentialState => ({
  events: 0,
  unrejected: { from: 0, mass: [1] },
  spent: 0,
  lookedAt: 0,
  bound: null,
  isReached: false,
  seen: { events: 0, requests: 0 },
  isOutage: false,
});

/** Probability that is left out at each end of the distribution after an interval; it counts as spent. */
const cut = 1e-11;
/** Multiplications that one interval may cost. An interval with so many events that it needs more is left out. */
const mostWork = 100_000;
/** Numbers that the distribution may hold, so that the state stays small. */
const mostNumbers = 4096;

/** An interval is an outage when it has at least so many events, and so many times the share that was seen before. */
const leastOfOutage = 20;
const outageFactor = 10;

/**
 * Adds an interval. One with too many events to be worth it is left out, and an outage ends the test, as requests that
 * fail for one cause are not independent. Both depend on the events of both versions together only, so the test stays
 * exact.
 */
export function addToTest(
  state: GroupSequentialState,
  interval: Interval,
  tolerance: number,
): GroupSequentialState {
  const { from, mass } = state.unrejected;
  const events = interval.canaryEvents + interval.baselineEvents;
  const requests = interval.canaryRequests + interval.baselineRequests;
  const { seen } = state;
  if (state.isOutage) return state;
  if (
    seen.events >= 1 &&
    events >= leastOfOutage &&
    events * seen.requests > outageFactor * seen.events * requests
  )
    return { ...state, isOutage: true };
  const next = { ...state, seen: { events: seen.events + events, requests: seen.requests + requests } };
  const most = Math.min(mostWork / mass.length, mostNumbers - mass.length);
  const added = distributionOf(interval, tolerance, most);
  if (!added || added.mass.length > most) return next;
  const sum = new Array<number>(mass.length + added.mass.length - 1).fill(0);
  for (let j = 0; j < added.mass.length; j++) {
    const part = added.mass[j]!;
    for (let i = 0; i < mass.length; i++) sum[i + j]! += part * mass[i]!;
  }
  let low = 0;
  let high = sum.length;
  let lost = 0;
  for (let dropped = 0; high - low > 1 && dropped + sum[low]! < cut; low++) {
    dropped += sum[low]!;
    lost += sum[low]!;
  }
  for (let dropped = 0; high - low > 1 && dropped + sum[high - 1]! < cut; high--) {
    dropped += sum[high - 1]!;
    lost += sum[high - 1]!;
  }
  return {
    ...next,
    events: state.events + interval.canaryEvents,
    unrejected: { from: from + added.from + low, mass: sum.slice(low, high) },
    spent: state.spent + lost,
  };
}

/**
 * Looks whether the canary has so many events that the chance of it is at most what may be spent by now.
 *
 * @param alpha of this test over the whole plan
 * @param at    seconds of the plan that are over, of `horizon`
 */
export function look(
  state: GroupSequentialState,
  { power }: Spending,
  alpha: number,
  at: number,
  horizon: number,
): GroupSequentialState {
  if (state.isOutage) return { ...state, lookedAt: at };
  const { from, mass } = state.unrejected;
  const allowed = alpha * Math.min(1, at / horizon) ** power - state.spent;
  let tail = 0;
  let kept = mass.length;
  while (kept > 0 && tail + mass[kept - 1]! <= allowed) {
    kept--;
    tail += mass[kept]!;
  }
  const bound = from + kept;
  return {
    ...state,
    unrejected: kept > 0 ? { from, mass: mass.slice(0, kept) } : { from, mass: [0] },
    spent: state.spent + tail,
    lookedAt: at,
    bound,
    isReached: state.isReached || state.events >= bound,
  };
}
