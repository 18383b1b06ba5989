import { lnBeta } from "./gamma.ts";

/**
 * Confidence sequence of a probability from the two-sided beta-binomial mixture (Howard, Ramdas, McAuliffe & Sekhon
 * 2021, Proposition 7): the shares that the mixture does not reject at level `alpha`.
 *
 * @param optimalTrials number of trials at which the mixture is tuned to be narrowest
 * @returns lower and upper end
 */
export function betaBinomialInterval(
  successes: number,
  trials: number,
  alpha: number,
  optimalTrials: number,
): [number, number] {
  const observed = successes / trials;
  const isRejected = (p: number) => lnMixture(successes, trials, p, optimalTrials) >= Math.log(1 / alpha);
  return [
    observed === 0 ? 0 : bisect((p) => isRejected(p), 0, observed),
    observed === 1 ? 1 : 1 - bisect((q) => isRejected(1 - q), 0, 1 - observed),
  ];
}

/** ln of the mixture of likelihood ratios over Beta(r / p', r / p) against success probability `p`. */
function lnMixture(successes: number, trials: number, p: number, optimalTrials: number): number {
  const failures = trials - successes;
  const g = p; // steps of the martingale go down by p and up by 1 - p
  const h = 1 - p;
  const alpha = 0.05;
  const rho = (g * h * optimalTrials) / (2 * Math.log(1 / alpha) + Math.log(1 + 2 * Math.log(1 / alpha)));
  const r = Math.max(rho - g * h, 1e-3 * g * h);
  return (
    lnBeta(r / g + failures, r / h + successes) -
    lnBeta(r / g, r / h) -
    successes * Math.log(p) -
    failures * Math.log(1 - p)
  );
}

/** Where a condition that holds at `low` stops to hold before `high`. */
function bisect(holds: (value: number) => boolean, low: number, high: number): number {
  let [from, to] = [low, high];
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2;
    if (middle <= 0 || holds(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
