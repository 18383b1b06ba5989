import { lnBeta } from "./gamma.ts";

/**
 * Bayes factor of a Dirichlet mixture against fixed shares of multinomial counts: valid at any time as evidence
 * against the shares, and 1 over it as an always-valid p (Lindon & Malek 2022, Theorem 2.4). Counts of Poisson
 * processes with common changing intensity are the same given their total (section on inhomogeneous processes).
 *
 * @param shares        what the null hypothesis says, adding up to 1
 * @param concentration of the prior around the shares; 100 in the published examples
 * @returns its natural logarithm
 */
export function lnDirichletEvidence(
  counts: readonly number[],
  shares: readonly number[],
  concentration = 100,
): number {
  const prior = shares.map((share) => concentration * share);
  const posterior = prior.map((value, i) => value + counts[i]!);
  const underNull = counts.reduce((sum, count, i) => sum + count * Math.log(shares[i]!), 0);
  return lnBeta(...posterior) - lnBeta(...prior) - underNull;
}
