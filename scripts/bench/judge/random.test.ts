import { expect, test } from "vitest";
import { hashOf, Random } from "./random.ts";

test("the generator is xoshiro128**: the first numbers of its state 1, 2, 3, 4", () => {
  const random = Random.inState(1, 2, 3, 4);
  expect(Array.from({ length: 4 }, () => random.bits())).toEqual([11520, 0, 5927040, 70819200]);
});

test("the same words name the same stream, other words another one", () => {
  const first = (...words: number[]) => {
    const random = new Random(...words);
    return Array.from({ length: 5 }, () => random.bits());
  };
  expect(first(1, 2, 3)).toEqual(first(1, 2, 3));
  const streams = [first(1, 2, 3), first(1, 2, 4), first(2, 2, 3), first(1, 3, 2)].map(String);
  expect(new Set(streams).size).toBe(4);
  expect(hashOf("lift 5")).not.toBe(hashOf("lift 50"));
});

test("uniform numbers fill the interval evenly", () => {
  const random = new Random(5);
  const bins = new Array<number>(20).fill(0);
  for (let i = 0; i < 40_000; i++) bins[Math.floor(random.uniform() * 20)]!++;
  const chiSquare = bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(chiSquare).toBeLessThan(43.8); // 0.1 % of the distribution with 19 degrees of freedom is above
});
