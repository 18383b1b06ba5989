import { describe, expect, test } from "vitest";
import { linear, linePath, logarithmic, niceTicks, stepArea, timeTicks } from "./scale.ts";

describe("ticks", () => {
  test.each([
    [0.043, 4, [0, 0.02, 0.04, 0.06]],
    [7, 4, [0, 2, 4, 6, 8]],
    [100, 4, [0, 50, 100]],
    [1234, 4, [0, 500, 1000, 1500]],
  ])("up to %d are round numbers that reach it", (maximum, wanted, ticks) => {
    expect(niceTicks(maximum, wanted)).toEqual(ticks);
  });

  test("of nothing, or of no number, still make an axis", () => {
    expect(niceTicks(0, 4)).toEqual([0, 1]);
    expect(niceTicks(Number.NaN, 4)).toEqual([0, 1]);
  });

  test("of time stand at steps that people count in", () => {
    expect(timeTicks(50, 8)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(timeTicks(2100, 8)).toEqual([0, 300, 600, 900, 1200, 1500, 1800, 2100]);
    expect(timeTicks(0.4, 8)).toEqual([0]);
  });
});

describe("scales and paths", () => {
  test("map values to coordinates", () => {
    expect(linear([0, 10], [0, 100])(2.5)).toBe(25);
    expect(logarithmic([1, 100], [0, 100])(10)).toBe(50);
    expect(logarithmic([1, 100], [0, 100])(0)).toBe(0);
  });

  test("a missing value is a gap, not a line to zero", () => {
    expect(linePath([[0, 1], [1, 2], null, [3, 4], [4, 5]])).toBe("M0 1L1 2M3 4L4 5");
  });

  test("a value that stays until it changes is drawn as steps", () => {
    expect(
      stepArea(
        [
          [0, 9],
          [5, 4],
        ],
        10,
        10,
      ),
    ).toEqual({ line: "M0 9H5V4H10", area: "M0 9H5V4H10V10H0Z" });
  });
});
