import { describe, expect, test } from "vitest";
import { Random } from "./random.ts";
import { lnGamma } from "./reference/gamma.ts";
import { binomial, gammaAroundOne, normal, poisson } from "./sampling.ts";

const draws = 40_000;

/** Pearson's statistic of whole numbers against their probabilities, standardized: near 0, beyond 4 is wrong. */
function misfit(draw: () => number, probability: (k: number) => number): number {
  const seen = new Map<number, number>();
  for (let i = 0; i < draws; i++) {
    const value = draw();
    seen.set(value, (seen.get(value) ?? 0) + 1);
  }
  let [statistic, classes, rest, restSeen] = [0, 0, 1, draws];
  for (let k = 0; k < 20_000; k++) {
    const expected = draws * probability(k);
    if (expected < 10) continue;
    const count = seen.get(k) ?? 0;
    statistic += (count - expected) ** 2 / expected;
    classes++;
    rest -= expected / draws;
    restSeen -= count;
  }
  if (rest * draws > 1) {
    statistic += (restSeen - rest * draws) ** 2 / (rest * draws);
    classes++;
  }
  return (statistic - (classes - 1)) / Math.sqrt(2 * (classes - 1));
}

const lnBinomial = (n: number, p: number) => (k: number) =>
  k > n
    ? 0
    : Math.exp(
        lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p),
      );

describe("draws have the distribution that they are named after", () => {
  test.each([
    [5, 0.3],
    [50, 0.001],
    [950, 0.005],
    [500, 0.02],
    [500, 0.021],
    [9500, 0.01],
    [9500, 0.2],
    [100, 0.93],
  ])("binomial, %d trials of %d", (n, p) => {
    const random = new Random(n, Math.round(1e6 * p));
    expect(misfit(() => binomial(random, n, p), lnBinomial(n, p))).toBeLessThan(4);
  });

  test.each([0.3, 5, 9.9, 10, 47.5, 500, 9500])("Poisson, mean %d", (mean) => {
    const random = new Random(Math.round(100 * mean));
    const probability = (k: number) => Math.exp(k * Math.log(mean) - mean - lnGamma(k + 1));
    expect(misfit(() => poisson(random, mean), probability)).toBeLessThan(4);
  });

  test.each([0.2, 0.5, 1, 2])("gamma around one, coefficient of variation %d", (variation) => {
    const random = new Random(Math.round(100 * variation));
    const values = Array.from({ length: draws }, () => gammaAroundOne(random, variation));
    const mean = values.reduce((a, b) => a + b) / draws;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
    expect(Math.abs(mean - 1)).toBeLessThan((4 * variation) / Math.sqrt(draws));
    expect(Math.sqrt(square) / variation).toBeCloseTo(1, 1);
  });

  test("normal: moments up to the fourth", () => {
    const random = new Random(3);
    const values = Array.from({ length: draws }, () => normal(random));
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / draws;
    const errors = [1, 2, 15, 96].map((variance) => 4 * Math.sqrt(variance / draws)); // four standard errors
    [0, 1, 0, 3].forEach((expected, i) => {
      expect(Math.abs(moment(i + 1) - expected)).toBeLessThan(errors[i]!);
    });
  });

  test("nothing to draw from draws nothing, and a certain event always happens", () => {
    const random = new Random(1);
    expect([
      binomial(random, 0, 0.5),
      binomial(random, 9, 0),
      binomial(random, 9, 1),
      poisson(random, 0),
    ]).toEqual([0, 0, 9, 0]);
  });
});
