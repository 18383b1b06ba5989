import { describe, expect, test } from "vitest";
import { cells } from "./cells.ts";
import { phiOf } from "./dispersion.ts";
import { merge, simulateRuns } from "./outcome.ts";
import { Random } from "./random.ts";
import { edges, plan, type Scenario, ticks } from "./scenario.ts";
import { simulate, slowShares } from "./traffic.ts";

const scenario: Scenario = { requestsPerSecond: 1000, errorRatio: 0.01 };
const sum = (values: Float64Array, from = 0, to = values.length) =>
  values.slice(from, to).reduce((a, b) => a + b, 0);

describe("simulated traffic", () => {
  test("follows the steps: 5 % for 10 minutes, 25 % for 10, 50 % for 15", () => {
    expect(ticks).toBe(210);
    expect([plan[0], plan[59], plan[60], plan[119], plan[120], plan[209]].map((one) => one!.weight)).toEqual([
      5, 5, 25, 25, 50, 50,
    ]);
    const { canary, baseline } = simulate(scenario, new Random(1)).ticks;
    const shareIn = (from: number, to: number) =>
      sum(canary.requests, from, to) / (sum(canary.requests, from, to) + sum(baseline.requests, from, to));
    expect(shareIn(0, 60)).toBeCloseTo(0.05, 3);
    expect(shareIn(60, 120)).toBeCloseTo(0.25, 2);
    expect(shareIn(120, 210)).toBeCloseTo(0.5, 2);
  });

  test("is the same for the same seed, and minutes are sums of its ticks", () => {
    const [a, b] = [simulate(scenario, new Random(4)), simulate(scenario, new Random(4))];
    expect(a).toEqual(b);
    expect(a.minutes.canary.errors[7]).toBe(sum(a.ticks.canary.errors, 42, 48));
  });

  test("has the errors, the lift, the outage, the cold start and the split that were asked for", () => {
    const ratio = (one: Scenario, arm: "canary" | "baseline", from = 0, to = ticks) => {
      const { requests, errors } = simulate({ ...scenario, ...one }, new Random(2)).ticks[arm];
      return sum(errors, from, to) / sum(requests, from, to);
    };
    expect(ratio(scenario, "baseline")).toBeCloseTo(0.01, 3);
    expect(ratio({ ...scenario, lift: 5 }, "canary")).toBeCloseTo(0.05, 2);
    const outage = { ...scenario, outage: { fromMinute: 12, minutes: 5, ratio: 0.2 } };
    expect(ratio(outage, "baseline", 72, 102)).toBeCloseTo(0.2, 2);
    expect(ratio(outage, "canary", 102)).toBeCloseTo(0.01, 2);
    const cold = { ...scenario, isColdStart: true };
    expect(ratio(cold, "canary", 0, 1)).toBeGreaterThan(0.035);
    expect(ratio(cold, "canary", 50, 60)).toBeLessThan(0.013);
    const { canary } = simulate({ ...scenario, split: 1.5 }, new Random(2)).ticks;
    expect(sum(canary.requests, 0, 60) / (60 * 10 * 1000)).toBeCloseTo(0.075, 3);
  });

  test("is overdispersed by as much as its incidents are large", () => {
    const of = (size: number) =>
      phiOf({ requestsPerSecond: 100, errorRatio: 0.005, dispersion: { kind: "cluster", size } });
    expect(of(1)).toBeCloseTo(1, 1);
    expect(Math.abs(of(5) - 5)).toBeLessThan(0.5);
    expect(Math.abs(of(20) - 20)).toBeLessThan(2);
  });

  test("has latencies whose 99th percentile is doubled by a slow tail", () => {
    const calm = slowShares(null);
    const slow = slowShares({ kind: "tail", factor: 2 });
    const half = edges.indexOf("0.5");
    expect(calm[half]).toBeCloseTo(0.00216, 5);
    expect(slow[half]! / calm[half]!).toBeGreaterThan(5);
    expect(slow[half]).toBeCloseTo(0.02, 10);
    expect(slow[edges.indexOf("1")]).toBeCloseTo(calm[half]!, 12); // twice as long as half a second
    expect(slow[edges.indexOf("0.25")]).toBe(calm[edges.indexOf("0.25")]);
    const { canary } = simulate({ ...scenario, latency: { shift: null } }, new Random(9)).ticks;
    expect(sum(canary.slower[half]!) / sum(canary.requests)).toBeCloseTo(0.0022, 3);
    for (let edge = 1; edge < edges.length; edge++)
      expect(sum(canary.slower[edge]!)).toBeLessThanOrEqual(sum(canary.slower[edge - 1]!));
  });

  test("does not depend on how the runs are divided among threads", () => {
    const cell = cells.find(({ id }) => id === "lift 50 100/s 0.1 %")!;
    const whole = simulateRuns(cell, 0, 6);
    const parts = [simulateRuns(cell, 4, 6), simulateRuns(cell, 0, 4)];
    expect(parts[0]!.map((outcome, i) => merge(outcome, parts[1]![i]!))).toEqual(whole);
  });
});
