import type { Policy } from "./policy.ts";

/** Ratios at which the likelihood is followed: those that are bet on or tested, and some between for the confidence sequence. */
export interface Grid {
  ratios: readonly number[];
  lnRatios: readonly number[];
  /** Against the tolerated ratio. */
  worse: Mixture;
  /** The same on all differences, small ones too: `worse` where no exact test stands beside it. */
  wide: Mixture;
  /** Against the ratio that even a version that is still warming up does not reach. */
  cold: Mixture;
  /** Against the harmful ratio. */
  safe: Mixture;
  spread: readonly number[];
}

/** Bets on some ratios against one other: indexes into the grid, and the logarithms of the shares. */
export interface Mixture {
  against: number;
  on: readonly number[];
  lnShares: readonly number[];
}

const spread = [
  0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3, 5, 8, 13, 20, 35, 60, 125, 300,
] as const;

/** The guard for cold starts is for severe differences: what fails ten times as often and more. */
const coldAlternatives = [
  { multiple: 2, share: 0.2 },
  { multiple: 4, share: 0.25 },
  { multiple: 10, share: 0.35 },
  { multiple: 40, share: 0.2 },
];

const grids = new WeakMap<Policy, Map<string, Grid>>();

/**
 * The grid of a policy for a tolerated ratio; the same ones have the same grid, so it is made once.
 *
 * @param isBesideTest the exact test looks for small differences, so the bet is on larger ones
 */
export function gridOf(policy: Policy, tolerance: number = policy.tolerance, isBesideTest = false): Grid {
  const known = grids.get(policy) ?? new Map<string, Grid>();
  grids.set(policy, known);
  const key = `${tolerance} ${isBesideTest}`;
  const grid = known.get(key) ?? makeGrid(policy, tolerance, isBesideTest);
  known.set(key, grid);
  return grid;
}

function makeGrid(policy: Policy, tolerance: number, isBesideTest: boolean): Grid {
  const { coldRatio } = policy;
  const alternatives = isBesideTest ? policy.alternativesBesideTest : policy.alternatives;
  const harm = Math.max(policy.harm, 1.2 * tolerance);
  const bets = (on: Policy["alternatives"]) =>
    on.map(({ multiple, share }) => ({ ratio: tolerance * multiple, share }));
  const worse = bets(alternatives);
  const wide = bets(policy.alternatives);
  const cold = coldAlternatives.map(({ multiple, share }) => ({ ratio: coldRatio * multiple, share }));
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
      ...[...worse, ...wide, ...cold, ...safe].map(({ ratio }) => ratio),
    ]),
  ].sort((a, b) => a - b);
  const at = (ratio: number) => ratios.indexOf(ratio);
  const mixture = (against: number, on: { ratio: number; share: number }[]): Mixture => ({
    against: at(against),
    on: on.map(({ ratio }) => at(ratio)),
    lnShares: on.map(({ share }) => Math.log(share)),
  });
  return {
    ratios,
    lnRatios: ratios.map(Math.log),
    worse: mixture(tolerance, worse),
    wide: mixture(tolerance, wide),
    cold: mixture(coldRatio, cold),
    safe: mixture(harm, safe),
    spread: spread.map(at),
  };
}

/**
 * ln of the bets on some ratios: the likelihood ratio of each against the one that is tested, weighted by its share.
 *
 * @param profile log-likelihood at every ratio of the grid
 * @param before  the same when the bet began; absent: at zero
 */
export function lnMixture(profile: readonly number[], mixture: Mixture, before?: readonly number[]): number {
  const { on, lnShares, against } = mixture;
  const since = (i: number) => (before ? profile[i]! - before[i]! : profile[i]!);
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < on.length; j++) largest = Math.max(largest, lnShares[j]! + since(on[j]!));
  let sum = 0;
  for (let j = 0; j < on.length; j++) sum += Math.exp(lnShares[j]! + since(on[j]!) - largest);
  return largest + Math.log(sum) - since(against);
}

/** ln of a sum of exponentials without overflow. */
export function lnSumExp(values: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) largest = Math.max(largest, value);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
