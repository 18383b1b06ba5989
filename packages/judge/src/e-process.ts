import { type Grid, lnMixture, lnSumExp, type Mixture } from "./grid.ts";
import { type Interval, lnLikelihoods } from "./kernel.ts";

/**
 * Evidence of one kind of event as a bet that may be stopped at any time: under "the ratio is at most the
 * tolerated one" its expected value never exceeds 1, so it reaches 1/alpha with a chance of at most alpha
 * (Ville 1939). Starts at several times are averaged (Vovk & Wang 2021, Thm 3.2).
 */
export interface ProcessState {
  /** Log-likelihood at every ratio of the grid, over the intervals after each warm-up. */
  warm: readonly number[];
  /** The same over all intervals. */
  all: readonly number[];
  /** The same again, as it is held against ratios above `coldRatio`; another one than `all` where bets are capped. */
  cold: readonly number[];
  /** The comparison starts anew at each weight step: the likelihood then, its share of the bet, and when it was. */
  starts: readonly { share: number; warm: readonly number[]; at: number }[];
  /** Sums of the Mantel-Haenszel ratio: canary and baseline side. */
  canarySide: number;
  baselineSide: number;
}

export function startProcess(grid: Grid): ProcessState {
  const zero = grid.ratios.map(() => 0);
  return { warm: zero, all: zero, cold: zero, starts: [], canarySide: 0, baselineSide: 0 };
}

/**
 * Begins the bet of a weight step. The planned ones after the first share what that leaves; unplanned ones get nothing.
 *
 * @param first share of the bet that the first start has
 */
export function beginStart(process: ProcessState, planned: number, first: number, at = 0): ProcessState {
  const count = process.starts.length;
  if (count >= planned) return process;
  const share = planned === 1 ? 1 : count === 0 ? first : (1 - first) / (planned - 1);
  return { ...process, starts: [...process.starts, { share, warm: process.warm, at }] };
}

export const isComparable = (interval: Interval): boolean =>
  interval.canaryEvents + interval.baselineEvents > 0 &&
  interval.canaryRequests > 0 &&
  interval.baselineRequests > 0;

/**
 * @param tempering exponent on the evidence, at most 1 (Jensen: still no bet that wins on average)
 * @param most ln of the most that a bet may win in one interval; a win that is cut is still no win on average
 */
export function addInterval(
  process: ProcessState,
  interval: Interval,
  grid: Grid,
  { isWarm, tempering, most }: { isWarm: boolean; tempering: number; most?: number | undefined },
): ProcessState {
  if (!isComparable(interval)) return process;
  const gain = lnLikelihoods(interval, grid.ratios, grid.lnRatios);
  const add = (profile: readonly number[], limit = Number.POSITIVE_INFINITY) =>
    profile.map((value, i) => value + Math.min(tempering * gain[i]!, limit));
  const limitFor = ({ against }: Mixture) =>
    most === undefined ? undefined : tempering * gain[against]! + most;
  const requests = interval.canaryRequests + interval.baselineRequests;
  const all = add(process.all);
  const isSame = process.all === process.warm && isWarm && most === undefined;
  return {
    starts: process.starts,
    all,
    cold: most === undefined ? all : add(process.cold, limitFor(grid.cold)),
    warm: isSame ? all : isWarm ? add(process.warm, limitFor(grid.worse)) : process.warm,
    canarySide: process.canarySide + (interval.canaryEvents * interval.baselineRequests) / requests,
    baselineSide: process.baselineSide + (interval.baselineEvents * interval.canaryRequests) / requests,
  };
}

/** ln of the evidence that the canary is worse than tolerated, over all starts. */
export function lnEValue(process: ProcessState, grid: Grid): number {
  const parts: number[] = [];
  let unspent = 1;
  for (const { share, warm } of process.starts) {
    parts.push(Math.log(share) + lnMixture(process.warm, grid.worse, warm));
    unspent -= share;
  }
  if (unspent > 1e-12) parts.push(Math.log(unspent));
  return lnSumExp(parts);
}

/** When the start began whose bet has won most. */
export function strongestStart(process: ProcessState, grid: Grid): number | null {
  const starts = process.starts.map(({ share, warm, at }) => ({
    at,
    won: Math.log(share) + lnMixture(process.warm, grid.worse, warm),
  }));
  return starts.sort((a, b) => b.won - a.won)[0]?.at ?? null;
}

/** ln of the evidence that the canary is worse than a version that warms up ever is, over all intervals. */
export const lnColdEValue = (process: ProcessState, grid: Grid): number => lnMixture(process.cold, grid.cold);

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
function crossing(ratios: readonly number[], values: number[], left: number, right: number): number {
  const part = values[left]! / (values[left]! - values[right]!);
  const from = Math.log(ratios[left]!);
  return Math.exp(from + part * (Math.log(ratios[right]!) - from));
}
