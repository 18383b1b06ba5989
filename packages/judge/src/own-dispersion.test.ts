import type { Sample } from "@sluice/documents";
import { randomFrom } from "@sluice/testing/random";
import { describe, expect, test } from "vitest";
import { dispersionOf } from "./dispersion.ts";
import { learn, type OwnMetric, ownDispersion, type PastRollout } from "./learning.ts";
import { policyFor } from "./policy.ts";
import { counters, judge, steps } from "./testing/samples.ts";

interface Shape {
  name?: string;
  /** Lost orders come in groups of this size, all in one version. */
  cluster?: number;
  /** Failed requests do too. */
  errorCluster?: number;
  /** Share of the orders that are lost, and how many times that of the canary is. */
  lost?: number;
  ratio?: number;
  /** Counts the orders that are not lost, as `worse: lower` does. */
  countsGood?: boolean;
}

/** Readings of 35 minutes, every 10 s: 100 requests/s with 1 % errors, and 20 orders/s. */
function readings(seed: number, shape: Shape): Sample[] {
  const { name = "orders", cluster = 1, errorCluster = 1, lost = 0.02, ratio = 1, countsGood } = shape;
  const next = randomFrom(seed);
  const count = (all: number, share: number, size: number): number => {
    let groups = 0;
    for (let i = 0; i < all; i++) if (next() < share / size) groups++;
    return Math.min(all, groups * size);
  };
  const canary = { requests: 0, errors: 0, orders: 0, lost: 0 };
  const baseline = { ...canary };
  const read = (arm: typeof canary) => ({
    ...counters(arm.requests, arm.errors),
    events: { [name]: { events: countsGood ? arm.orders - arm.lost : arm.lost, total: arm.orders } },
  });
  const samples: Sample[] = [];
  for (const { weight, pauseSeconds } of steps)
    for (let i = 0; i < pauseSeconds / 10; i++) {
      samples.push({ t: 10 * samples.length, weight, canary: read(canary), baseline: read(baseline) });
      for (const [arm, part, times] of [
        [canary, weight / 100, ratio],
        [baseline, 1 - weight / 100, 1],
      ] as const) {
        const orders = Math.round(200 * part);
        arm.requests += 5 * orders;
        arm.errors += count(5 * orders, 0.01, errorCluster);
        arm.orders += orders;
        arm.lost += count(orders, lost * times, cluster);
      }
    }
  return samples;
}

const history = (shape: Shape, isPromoted = true): PastRollout[] =>
  Array.from({ length: 12 }, (_, i) => ({
    isPromoted,
    readings: readings(i + 1, shape).map((sample) => ({ at: 1000 * sample.t, sample })),
  }));

const dispersionIn = (shape: Shape, metric: OwnMetric = { name: "orders" }) =>
  ownDispersion(learn(history(shape), [metric]), metric.name);

describe("the dispersion of a metric of one's own", () => {
  test("is 1 where every order is lost on its own, and that of its bunches where they are not (R286)", () => {
    expect(dispersionIn({})).toEqual({ value: 1, rollouts: 12 });
    const bunched = dispersionIn({ cluster: 8 })!;
    expect(bunched.rollouts).toBe(12);
    expect(bunched.value).toBeGreaterThan(5);
    expect(bunched.value).toBeLessThan(10);
  });

  test("has nothing to do with that of the errors, once it is known (R286)", () => {
    const learned = learn(history({ errorCluster: 8 }), [{ name: "orders" }]);
    expect(learned.errorDispersion!.value).toBeGreaterThan(5);
    expect(learned.eventDispersions.orders!.value).toBeLessThan(1.15);
  });

  test("is that of what is bad: of the orders that are not kept, where fewer are worse (R286)", () => {
    const kept = dispersionIn({ cluster: 8, countsGood: true }, { name: "orders", worse: "lower" });
    expect(kept).toEqual(dispersionIn({ cluster: 8 }));
  });

  test("is 1 where most are bad and the versions differ by as much as those that are alike do (R286)", () => {
    // Of a hundred visits five are orders: what is bad is common, and the ratio is one of the odds.
    const next = randomFrom(3);
    const binomial = (all: number, share: number) => {
      let events = 0;
      for (let i = 0; i < all; i++) if (next() < share) events++;
      return events;
    };
    const blocks = Array.from({ length: 200 }, () => ({
      canaryRequests: 250,
      baselineRequests: 750,
      canaryEvents: binomial(250, 0.9579),
      baselineEvents: binomial(750, 0.95),
    }));
    expect(dispersionOf([blocks], 1)).toBe(1);
  });

  test("is learned from promoted rollouts that counted it alone", () => {
    const learned = learn([...history({ cluster: 8 }, false), ...history({ name: "visits" })].slice(6, 18), [
      { name: "orders" },
      { name: "visits" },
      { name: "nobody" },
    ]);
    expect(learned.eventDispersions).toEqual({ visits: { value: 1, rollouts: 6 } });
    expect(learn(history({})).eventDispersions).toEqual({});
  });

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
    "is of that name alone, also where it is %s",
    (name) => {
      expect(ownDispersion(learn(history({}), [{ name }]), name)).toBeNull();
      expect(dispersionIn({ name, cluster: 8 }, { name })!.value).toBeGreaterThan(5);
    },
  );
});

describe("a judge that has learned how orders are lost", () => {
  const policyWith = (metric: object) => policyFor({ steps, events: [{ name: "orders", ...metric }] });
  const untaught = policyWith({});
  const taught = policyWith({ tempering: 1 / dispersionIn({ cluster: 8 })!.value });
  const rolledBack = (shape: Shape, policy: typeof taught): number =>
    Array.from({ length: 20 }, (_, i) => judge(readings(100 + i, shape), policy).verdict).filter(
      ({ verdict, evidence }) => verdict === "rollback" && evidence.decidedBy === "orders",
    ).length;

  test("keeps a good release whose orders are lost in bunches, which it took back before (R286)", () => {
    expect(rolledBack({ cluster: 8 }, untaught)).toBeGreaterThan(5);
    expect(rolledBack({ cluster: 8 }, taught)).toBe(0);
  });

  test("takes back one that loses five times as many all the same (R286, R356)", () => {
    expect(rolledBack({ cluster: 8, ratio: 5 }, taught)).toBeGreaterThanOrEqual(19);
  });

  test("goes by the dispersion of the errors for a metric that it knows nothing about", () => {
    const policy = policyFor({
      events: [{ name: "orders" }, { name: "visits", tempering: 1 }],
      tempering: 0.25,
    });
    expect(policy.events.map(({ tempering }) => tempering)).toEqual([0.25, 1]);
  });
});
