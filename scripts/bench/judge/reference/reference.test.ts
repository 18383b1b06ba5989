import { describe, expect, test } from "vitest";
import { goldenClaims } from "../goldens.ts";
import { mixtureTest } from "./armitage.ts";
import { lnBeta, lnGamma, normalCdf } from "./gamma.ts";

describe("special functions", () => {
  test("ln gamma, at whole and half numbers", () => {
    expect(lnGamma(1)).toBeCloseTo(0, 13);
    expect(lnGamma(11)).toBeCloseTo(Math.log(3628800), 12);
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13);
    expect(lnGamma(1e9)).toBeCloseTo(1e9 * Math.log(1e9) - 1e9 - 0.5 * Math.log(1e9 / (2 * Math.PI)), 4);
  });
  test("ln beta, of two and of three", () => {
    expect(lnBeta(2, 3)).toBeCloseTo(Math.log(1 / 12), 13);
    expect(lnBeta(1, 1, 1)).toBeCloseTo(Math.log(1 / 2), 13);
  });
  test("normal distribution function, at its usual quantiles and far out", () => {
    expect(normalCdf(0)).toBeCloseTo(0.5, 14);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 13);
    expect(normalCdf(-2.3263478740408408)).toBeCloseTo(0.01, 13);
    expect(normalCdf(-8) / 6.220960574271786e-16).toBeCloseTo(1, 6);
  });
});

describe("published results", () => {
  test.each(goldenClaims())("$name: $bound", ({ isMet, measured, bound }) => {
    expect(isMet, `${measured} instead of ${bound}`).toBe(true);
  });

  test("a mixture of likelihood ratios stays below its level, however many looks", () => {
    const chances = mixtureTest(100);
    const at = (looks: number) => Number(chances[looks - 1]!.toFixed(4));
    expect([at(1), at(2), at(3)]).toEqual([0.0003, 0.0013, 0.0026]);
    expect(at(100)).toBeGreaterThan(0.02);
    expect(at(100)).toBeLessThan(0.05);
  });
});
