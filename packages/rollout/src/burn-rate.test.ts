import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { burnRates, type Objective, type Reading } from "./burn-rate.ts";

const objective: Objective = { availability: 99.9, windowSeconds: 30 * 86_400 };

/** Readings every 10 s of a service whose error ratio is as given at each time. */
function readings(seconds: number, ratioAt: (t: number) => number, perSecond = 100): Reading[] {
  const all: Reading[] = [{ t: 0, requests: 0, errors: 0 }];
  for (let t = 10; t <= seconds; t += 10) {
    const { requests, errors } = all.at(-1)!;
    all.push({ t, requests: requests + 10 * perSecond, errors: errors + 10 * perSecond * ratioAt(t) });
  }
  return all;
}
const breached = (list: readonly Reading[], of = objective) =>
  burnRates(list, of).flatMap(({ condition, isBreached }) =>
    isBreached ? condition.split(" burns ")[1]! : [],
  );

describe("the burn rate of an objective (C26)", () => {
  test("of 14.4 in an hour and of 6 in six hours are the bounds of the workbook for 30 days", () => {
    const day = readings(86_400, () => 0);
    expect(burnRates(day, objective).map(({ condition, band }) => [condition, band])).toEqual([
      ["error budget (99.9% over 30d) burns > 14.4x in 1h", "rollback"],
      ["error budget (99.9% over 30d) burns > 6x in 6h", "rollback"],
      ["error budget (99.9% over 30d) burns > 1x in 3d", "page"],
    ]);
    expect(breached(readings(3600, () => 0.0143))).not.toContain("> 14.4x in 1h");
    expect(breached(readings(3600, () => 0.016))).toContain("> 14.4x in 1h");
    expect(breached(readings(6 * 3600, () => 0.0059))).not.toContain("> 6x in 6h");
    expect(breached(readings(6 * 3600, () => 0.0065))).toContain("> 6x in 6h");
  });

  test("is exceeded only while the trouble goes on: the short window is quiet again", () => {
    expect(breached(readings(3600, (t) => (t < 3000 ? 0.05 : 0)))).toEqual([]);
    expect(breached(readings(3600, (t) => (t < 600 ? 0 : 0.05)))).toContain("> 14.4x in 1h");
  });

  test("has its say within minutes after a release, on what data there is", () => {
    expect(breached(readings(60, () => 0.05))).toEqual(["> 14.4x in 1h"]);
  });

  test("is not exceeded by a handful of requests, whatever they say", () => {
    expect(
      breached([
        { t: 0, requests: 0, errors: 0 },
        { t: 60, requests: 20, errors: 1 },
      ]),
    ).toEqual([]);
    expect(breached(readings(0, () => 1))).toEqual([]);
  });

  test("scales with the window of the objective", () => {
    const week = { availability: 99, windowSeconds: 7 * 86_400 };
    expect(
      burnRates(
        readings(10, () => 0),
        week,
      )[0]!.condition,
    ).toContain("> 3.36x in 1h");
    expect(
      burnRates(
        readings(10, () => 0),
        { availability: 90, windowSeconds: 30 * 86_400 },
      ),
    ).toEqual([]);
  });

  test("never sounds where every interval keeps the objective, and knows no order of magnitude", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1e9 }), fc.double({ min: 0, max: 0.001, noNaN: true })), {
          minLength: 1,
          maxLength: 40,
        }),
        (intervals) => {
          const list: Reading[] = [{ t: 0, requests: 0, errors: 0 }];
          for (const [n, q] of intervals) {
            const { t, requests, errors } = list.at(-1)!;
            list.push({ t: t + 60, requests: requests + n, errors: errors + Math.floor(n * q) });
          }
          expect(breached(list)).toEqual([]);
        },
      ),
    );
  });
});
