import { describe, expect, test } from "vitest";
import { replicasForWeight } from "./spec.ts";

describe("replicas of a canary", () => {
  test.each([
    { weight: 5, all: 10, expected: 1 },
    { weight: 25, all: 10, expected: 4 },
    { weight: 50, all: 10, expected: 10 },
    { weight: 50, all: 2, expected: 2 },
    { weight: 75, all: 4, expected: 4 },
    { weight: 1, all: 1, expected: 1 },
  ])("$weight % beside $all old replicas needs $expected (R239, C13)", ({ weight, all, expected }) => {
    expect(replicasForWeight(weight, all, all)).toBe(expected);
  });

  test("none of them answers more than an old one does, unless it has all that it will ever have (R245)", () => {
    for (let all = 1; all <= 20; all++)
      for (let weight = 1; weight < 100; weight++) {
        const replicas = replicasForWeight(weight, all, all);
        if (replicas < all) expect(weight / replicas).toBeLessThanOrEqual((100 - weight) / all);
      }
  });
});
