import { type Interval, lnProbability } from "./kernel.ts";
import type { Policy } from "./policy.ts";

/**
 * Evidence of one kind of event as a bet that may be stopped at any time: under "the ratio is at most the
 * tolerated one" its expected value never exceeds 1, so it reaches 1/alpha with a chance of at most alpha
 * (Ville 1939). Starts at several times and several metrics are averaged (Vovk & Wang 2021, Thm 3.2).
 */
export interface ProcessState {
  /** Log-likelihood at every ratio of the grid, over the intervals after each warm-up. */
  warm: number[];
  /** The same over all intervals; only ratios above `coldRatio` are held against the canary by it. */
  all: number[];
  /** The comparison starts anew at each weight step: the likelihood then, and its share of the bet. */
  starts: { share: number; warm: number[] }[];
  /** Sums of the Mantel-Haenszel ratio: canary and baseline side. */
  canarySide: number;
  baselineSide: number;
  /** Largest e-value so far, as its logarithm. */
  lnLargest: number;
}

/** Ratios at which the likelihood is followed: those that are bet on or tested, and some between for the confidence sequence. */
export interface Grid {
  ratios: number[];
  worse: Mixture;
  cold: Mixture;
  safe: Mixture;
  spread: number[];
}

/** Bets on some ratios against one other: indexes into the grid. */
interface Mixture {
  against: number;
  on: { index: number; lnShare: number }[];
}

const spread = [
  0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3, 5, 8, 13, 20, 35, 60, 125, 300,
] as const;

/** The grid of a policy; the same policy has the same grid, so it is made once. */
export function gridOf(policy: Policy): Grid {
  const known = grids.get(policy);
  if (known) return known;
  const grid = makeGrid(policy);
  grids.set(policy, grid);
  return grid;
}
const grids = new WeakMap<Policy, Grid>();

function makeGrid(policy: Policy): Grid {
  const { tolerance, coldRatio, harm } = policy;
  const worse = policy.alternatives.map(({ multiple, share }) => ({ ratio: tolerance * multiple, share }));
  const cold = [1.5, 2, 3, 6, 20].map((multiple, i) => ({
    ratio: coldRatio * multiple,
    share: [0.3, 0.25, 0.2, 0.15, 0.1][i]!,
  }));
  const healthy = [
    { ratio: 1, share: 0.6 },
    { ratio: 0.5, share: 0.2 },
    { ratio: 1.5, share: 0.2 },
  ].filter(({ ratio }) => ratio <= harm / 1.2);
  const total = healthy.reduce((sum, { share }) => sum + share, 0);
  const safe = healthy.length
    ? healthy.map(({ ratio, share }) => ({ ratio, share: share / total }))
    : [{ ratio: harm / 2, share: 1 }];

  const ratios = [
    ...new Set([
      ...spread,
      tolerance,
      coldRatio,
      harm,
      ...[...worse, ...cold, ...safe].map(({ ratio }) => ratio),
    ]),
  ].sort((a, b) => a - b);
  const at = (ratio: number) => ratios.indexOf(ratio);
  const mixture = (against: number, on: { ratio: number; share: number }[]): Mixture => ({
    against: at(against),
    on: on.map(({ ratio, share }) => ({ index: at(ratio), lnShare: Math.log(share) })),
  });
  return {
    ratios,
    worse: mixture(tolerance, worse),
    cold: mixture(coldRatio, cold),
    safe: mixture(harm, safe),
    spread: spread.map(at),
  };
}

export function startProcess(grid: Grid): ProcessState {
  const zero = grid.ratios.map(() => 0);
  return { warm: zero, all: zero, starts: [], canarySide: 0, baselineSide: 0, lnLargest: 0 };
}

/** Begins the bet of a weight step. The first gets half, the planned others share the rest; unplanned ones get nothing. */
export function beginStart(process: ProcessState, planned: number): ProcessState {
  const count = process.starts.length;
  if (count >= planned) return process;
  const share = planned === 1 ? 1 : count === 0 ? 0.5 : 0.5 / (planned - 1);
  return { ...process, starts: [...process.starts, { share, warm: process.warm }] };
}

export function addInterval(
  process: ProcessState,
  interval: Interval,
  policy: Policy,
  grid: Grid,
  { isWarm, tempering }: { isWarm: boolean; tempering: number },
): ProcessState {
  const events = interval.canaryEvents + interval.baselineEvents;
  const requests = interval.canaryRequests + interval.baselineRequests;
  if (events === 0 || interval.canaryRequests === 0 || interval.baselineRequests === 0) return process;
  const gain = grid.ratios.map((ratio) => tempering * lnProbability(interval, ratio));
  const add = (profile: number[]) => profile.map((value, i) => value + gain[i]!);
  const next = {
    ...process,
    all: add(process.all),
    warm: isWarm ? add(process.warm) : process.warm,
    canarySide: process.canarySide + (interval.canaryEvents * interval.baselineRequests) / requests,
    baselineSide: process.baselineSide + (interval.baselineEvents * interval.canaryRequests) / requests,
  };
  return { ...next, lnLargest: Math.max(next.lnLargest, lnEValue(next, policy, grid)) };
}

/** ln of the evidence that the canary is worse than tolerated. */
export function lnEValue(process: ProcessState, policy: Policy, grid: Grid): number {
  const parts: number[] = [];
  let unspent = 1;
  for (const { share, warm } of process.starts) {
    const since = process.warm.map((value, i) => value - warm[i]!);
    parts.push(Math.log(share) + lnMixture(since, grid.worse));
    unspent -= share;
  }
  if (unspent > 1e-12) parts.push(Math.log(unspent));
  const main = lnSumExp(parts);
  if (policy.warmUpSeconds <= 0) return main;
  return lnSumExp([
    Math.log(1 - policy.coldShare) + main,
    Math.log(policy.coldShare) + lnMixture(process.all, grid.cold),
  ]);
}

/** ln of the evidence that the canary is not harmfully worse. */
export const lnPromotion = (process: ProcessState, grid: Grid): number => lnMixture(process.warm, grid.safe);

/**
 * The ratio canary : baseline over all intervals with the range in which it is, at any time and with the chance `1 - error`
 * (Mantel & Haenszel 1959 for the estimate). An end is null where the data do not bound it.
 */
export function ratioOf(process: ProcessState, grid: Grid, error: number) {
  const estimate = process.baselineSide > 0 ? process.canarySide / process.baselineSide : null;
  const share = -Math.log(grid.spread.length);
  const bet = lnSumExp(grid.spread.map((i) => share + process.all[i]!));
  const limit = Math.log(1 / error);
  const against = process.all.map((value) => bet - value - limit);
  const inside = against.flatMap((value, i) => (value < 0 ? [i] : []));
  const first = inside[0];
  const last = inside.at(-1);
  if (first === undefined || last === undefined) return { estimate, low: null, high: null };
  return {
    estimate,
    low: first === 0 ? null : crossing(grid.ratios, against, first - 1, first),
    high: last === grid.ratios.length - 1 ? null : crossing(grid.ratios, against, last, last + 1),
  };
}

/** Where a line between two neighbours of the grid crosses zero, on the logarithmic scale of ratios. */
function crossing(ratios: number[], values: number[], left: number, right: number): number {
  const part = values[left]! / (values[left]! - values[right]!);
  const from = Math.log(ratios[left]!);
  return Math.exp(from + part * (Math.log(ratios[right]!) - from));
}

function lnMixture(profile: number[], mixture: Mixture): number {
  return (
    lnSumExp(mixture.on.map(({ index, lnShare }) => lnShare + profile[index]!)) - profile[mixture.against]!
  );
}

/** ln of a sum of exponentials without overflow. */
export function lnSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
