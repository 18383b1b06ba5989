import { expect, test } from "vitest";
import { WeightedTurns } from "./turn.ts";

const sequence = (weights: Record<string, number>, turns: number) => {
  const order = new WeightedTurns();
  const candidates = Object.entries(weights);
  return Array.from({ length: turns }, () => order.next(candidates));
};

test.each([
  [{ a: 95, b: 5 }, 100],
  [{ a: 50, b: 50 }, 10],
  [{ a: 75, b: 20, c: 5 }, 20],
  [{ a: 99.5, b: 0.5 }, 200],
])("%j: the counts are exact in every round of turns (R240)", (weights: Record<string, number>, round) => {
  const sum = Object.values(weights).reduce((a, b) => a + b);
  const chosen = sequence(weights, round * 3);
  for (let start = 0; start <= round * 2; start++) {
    const window = chosen.slice(start, start + round);
    for (const [name, weight] of Object.entries(weights)) {
      expect(window.filter((one) => one === name)).toHaveLength((weight / sum) * round);
    }
  }
});

test("turns are spread, not bunched", () => {
  expect(sequence({ a: 5, b: 1, c: 1 }, 7).join("")).toBe("aabacaa");
});

test("without candidates it is nobody's turn", () => {
  expect(new WeightedTurns().next([])).toBeNull();
});

test("a turn out of turn is paid back: the counts are right again afterwards", () => {
  const order = new WeightedTurns();
  const candidates: [string, number][] = [
    ["a", 75],
    ["b", 25],
  ];
  const chosen = ["b", "b", "b"];
  for (const name of chosen) order.take(name, candidates);
  for (let i = 0; i < 9; i++) chosen.push(order.next(candidates)!);
  expect(chosen.filter((name) => name === "b")).toHaveLength(3);
  expect(order.next(candidates)).toBe("a");
});

test("what is owed is bounded: who asked for far too much gets turns again soon", () => {
  const order = new WeightedTurns();
  const candidates: [string, number][] = [
    ["a", 50],
    ["b", 50],
  ];
  for (let i = 0; i < 100_000; i++) order.take("b", candidates);
  const next = Array.from({ length: 1000 }, () => order.next(candidates));
  expect(next).toContain("b");
});
