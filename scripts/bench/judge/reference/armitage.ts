import { normalCdf } from "./gamma.ts";

/**
 * Chance that a sum of independent standard normal numbers leaves a bound at one of its first looks, by numerical
 * integration of the density of the sums that have not left it yet (Armitage, McPherson & Rowe 1969).
 *
 * @param bound of the absolute sum after `k` numbers
 * @returns the chance for every number of looks from 1 on
 */
export function crossingChances(looks: number, bound: (k: number) => number): number[] {
  const width = 0.05;
  const kernel = Array.from(
    { length: Math.ceil(9 / width) + 1 },
    (_, i) => normalCdf((i + 0.5) * width) - normalCdf((i - 0.5) * width),
  );
  const chances: number[] = [];
  let grid = { first: 0, density: [1] }; // all of the mass at zero, before the first number
  for (let k = 1; k <= looks; k++) {
    const reach = Math.round(bound(k) / width);
    const cells = 2 * reach + 1;
    const density = new Array<number>(cells).fill(0);
    for (const [i, mass] of grid.density.entries()) {
      if (mass < 1e-16) continue;
      const from = grid.first + i;
      const low = Math.max(-reach, from - kernel.length + 1);
      const high = Math.min(reach, from + kernel.length - 1);
      for (let to = low; to <= high; to++) density[to + reach]! += mass * kernel[Math.abs(to - from)]!;
    }
    // The bound runs through the outermost cells: the part inside of it is kept.
    const inside = (bound(k) - (reach - 0.5) * width) / width;
    density[0]! *= inside;
    density[cells - 1]! *= inside;
    grid = { first: -reach, density };
    chances.push(1 - density.reduce((a, b) => a + b, 0));
  }
  return chances;
}

/** A test of level 5 % at each look, as if it were the only one. */
export const repeatedTest = (looks: number): number[] =>
  crossingChances(looks, (k) => 1.959963984540054 * Math.sqrt(k));

/** Mixture of likelihood ratios over a standard normal effect, stopped at 1 / 5 % (Robbins 1970): always valid. */
export const mixtureTest = (looks: number): number[] =>
  crossingChances(looks, (k) => Math.sqrt(2 * (1 + k) * (Math.log(20) + 0.5 * Math.log(1 + k))));
