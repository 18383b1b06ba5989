import { expect, test } from "vitest";
import { judge, steady } from "./testing/samples.ts";

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(numbersIn) : [];
}

test("no number of the evidence has more than six digits, however large or small it is", () => {
  for (const [canary, baseline] of [
    [0.3, 0.001],
    [0.012, 0.011],
    [0, 0.4],
  ] as const) {
    const numbers = numbersIn(judge(steady(600, canary, baseline)).verdict.evidence);
    expect(numbers.length).toBeGreaterThan(10);
    for (const number of numbers)
      expect(number).toBe(Number.isSafeInteger(number) ? number : Number(number.toPrecision(6)));
  }
});
