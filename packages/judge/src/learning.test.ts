import type { Counters, Sample } from "@sluice/documents";
import { randomFrom } from "@sluice/testing/random";
import { describe, expect, test } from "vitest";
import { dispersionOf } from "./dispersion.ts";
import { learn, type PastRollout } from "./learning.ts";
import { hourOfWeek, trafficAt } from "./traffic.ts";

interface Shape {
  seed: number;
  /** Failures come in groups of this size, all in one version. */
  cluster?: number;
  errorRatio?: number;
  ratio?: number;
  requestsPerSecond?: number;
  isPromoted?: boolean;
  start?: number;
  coldRatio?: number;
}

/** A rollout of 35 minutes, read every 10 s. */
function rollout({
  seed,
  cluster = 1,
  errorRatio = 0.01,
  ratio = 1,
  requestsPerSecond = 100,
  isPromoted = true,
  start = Date.UTC(2026, 0, 5),
  coldRatio = 1,
}: Shape): PastRollout {
  const next = randomFrom(seed);
  const count = (requests: number, share: number): number => {
    let groups = 0;
    for (let i = 0; i < requests; i++) if (next() < share / cluster) groups++;
    return Math.min(requests, groups * cluster);
  };
  const arms = { canary: [0, 0], baseline: [0, 0] };
  const counters = ([requests, errors]: number[]): Counters => ({
    requests: requests!,
    errors: errors!,
    latency: {},
  });
  const readings: { at: number; sample: Sample }[] = [];
  let t = 0;
  for (const [weight, minutes] of [
    [5, 10],
    [25, 10],
    [50, 15],
  ] as const) {
    for (let i = 0; i < minutes * 6; i++) {
      readings.push({
        at: start + t * 1000,
        sample: { t, weight, canary: counters(arms.canary), baseline: counters(arms.baseline) },
      });
      t += 10;
      const all = requestsPerSecond * 10;
      const mine = Math.round((all * weight) / 100);
      const cold = i < 6 ? coldRatio : 1;
      arms.canary[0]! += mine;
      arms.canary[1]! += count(mine, errorRatio * ratio * cold);
      arms.baseline[0]! += all - mine;
      arms.baseline[1]! += count(all - mine, errorRatio);
    }
  }
  return { isPromoted, readings };
}
const many = (shape: Omit<Shape, "seed">, length = 6) =>
  Array.from({ length }, (_, i) => rollout({ ...shape, seed: i + 1 }));

describe("the dispersion of failures", () => {
  test("is 1 where every request fails on its own", () => {
    const { errorDispersion } = learn(many({}));
    // Exactly: a judge that goes by 1.02 would give up its exact test for what is only chance.
    expect(errorDispersion).toEqual({ value: 1, rollouts: 6 });
  });

  test.each([2, 5, 20])("is about the size of the groups, %i, in which they come", (cluster) => {
    const { errorDispersion } = learn(many({ cluster, errorRatio: 0.02 }));
    expect(errorDispersion!.value).toBeGreaterThan(cluster * 0.75);
    expect(errorDispersion!.value).toBeLessThan(cluster * 1.25);
  });

  test("is not a small difference between versions that are alike, nor the cold start of a version", () => {
    expect(learn(many({ ratio: 1.15 })).errorDispersion?.value).toBeLessThan(1.2);
    expect(learn(many({ coldRatio: 8 })).errorDispersion?.value).toBeLessThan(1.2);
  });

  test("of few intervals is drawn towards what is assumed", () => {
    const few = [
      { canaryRequests: 100, baselineRequests: 100, canaryEvents: 10, baselineEvents: 0 },
      { canaryRequests: 100, baselineRequests: 100, canaryEvents: 0, baselineEvents: 10 },
    ];
    const one = dispersionOf([few], 1);
    expect(one).toBeGreaterThan(1);
    expect(one).toBeLessThan(2);
    expect(dispersionOf([few, few, few, few, few, few, few, few], 1)).toBeGreaterThan(one);
    expect(dispersionOf([], 3)).toBe(3);
  });

  test("is learned from promoted rollouts alone, and not without any", () => {
    const bad = many({ ratio: 10, isPromoted: false });
    expect(learn(bad)).toMatchObject({ errorDispersion: null, latencyDispersion: null });
    expect(learn([...bad, ...many({})]).errorDispersion?.value).toBeLessThan(1.15);
  });
});

describe("what else is learned", () => {
  test("the error ratio of the trusted version, of every rollout that was compared", () => {
    const { errorRatio } = learn(many({ ratio: 10, isPromoted: false }, 3));
    expect(errorRatio?.value).toBeCloseTo(0.01, 3);
    expect(errorRatio?.rollouts).toBe(3);
  });

  test("the newest twenty rollouts count, older ones do not", () => {
    const old = rollout({ seed: 1, errorRatio: 0.5 });
    const { errorRatio } = learn([old, ...Array.from({ length: 20 }, () => rollout({ seed: 2 }))]);
    expect(errorRatio?.rollouts).toBe(20);
    expect(errorRatio?.value).toBeLessThan(0.02);
  });

  test("traffic by hour of the week in UTC, else by hour of the day, else over all", () => {
    const monday = Date.UTC(2026, 0, 5, 14);
    expect(hourOfWeek(monday)).toBe(14);
    const { traffic } = learn([
      rollout({ seed: 1, start: monday, requestsPerSecond: 50 }),
      rollout({ seed: 2, start: Date.UTC(2026, 0, 6, 3), requestsPerSecond: 10 }),
    ]);
    expect(trafficAt(traffic!, monday + 7 * 86_400_000).basis).toBe("hour of the week");
    expect(trafficAt(traffic!, monday).requestsPerSecond).toBeCloseTo(50, 5);
    expect(trafficAt(traffic!, Date.UTC(2026, 0, 8, 3))).toMatchObject({ basis: "hour of the day" });
    expect(trafficAt(traffic!, Date.UTC(2026, 0, 8, 3)).requestsPerSecond).toBeCloseTo(10, 5);
    expect(trafficAt(traffic!, Date.UTC(2026, 0, 8, 20))).toEqual({
      basis: "all hours",
      requestsPerSecond: traffic!.mean,
    });
  });

  test("nothing without a history", () => {
    expect(learn([])).toEqual({
      errorRatio: null,
      errorDispersion: null,
      latencyDispersion: null,
      eventDispersions: {},
      traffic: null,
    });
  });
});
