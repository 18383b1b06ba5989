import type { Counters, Sample } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { addInterval, beginStart, lnEValue, startProcess } from "./e-process.ts";
import { gridOf } from "./grid.ts";
import { quantileSeconds } from "./histogram.ts";
import { advance, isWorse, start } from "./judge.ts";
import { type Interval, lnFactorial, lnLikelihoods, lnProbability } from "./kernel.ts";
import { detectionSeconds } from "./planning.ts";
import { type Policy, policyFor } from "./policy.ts";
import { lnBelow } from "./verdict.ts";

/** Uniform numbers from a seed (Steele, Lea & Flood 2014: SplitMix, 32 bits). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Events of a Poisson stream (Knuth), in parts so that large means stay exact. */
function poisson(mean: number, next: () => number): number {
  let count = 0;
  for (let left = mean; left > 0; left -= 30) {
    const limit = Math.exp(-Math.min(30, left));
    for (let product = next(); product > limit; product *= next()) count++;
  }
  return count;
}

const steps = [
  { weight: 5, pauseSeconds: 600 },
  { weight: 25, pauseSeconds: 600 },
  { weight: 50, pauseSeconds: 900 },
];
const weightAt = (t: number) => (t < 600 ? 5 : t < 1200 ? 25 : 50);

interface Traffic {
  requestsPerSecond: number;
  errorRatio: (t: number) => number;
  lift: number;
  /** Instead of the planned weights. */
  weightAt?: (t: number) => number;
}

/** Rolls a service out for 35 minutes. @returns minutes until the rollback and failed requests until then; null without one */
function rollout(policy: Policy, traffic: Traffic, seed: number): { minutes: number; bad: number } | null {
  const next = random(seed);
  const weightOf = traffic.weightAt ?? weightAt;
  const count: Counters[] = [0, 1].map(() => ({ requests: 0, errors: 0, latency: {} }));
  let state = start(policy);
  const sample = (t: number): Sample => ({
    t,
    weight: weightOf(t - 1),
    canary: count[0]!,
    baseline: count[1]!,
  });
  state = advance(state, sample(0), policy);
  for (let t = 10; t <= 2100; t += 10) {
    const weight = weightOf(t - 10) / 100;
    [weight, 1 - weight].forEach((share, i) => {
      const before = count[i]!;
      const requests = Math.round(10 * traffic.requestsPerSecond * share);
      const ratio = Math.min(1, traffic.errorRatio(t) * (i === 0 ? traffic.lift : 1));
      const errors = Math.min(requests, poisson(requests * ratio, next));
      count[i] = { requests: before.requests + requests, errors: before.errors + errors, latency: {} };
    });
    state = advance(state, sample(t), policy);
    if (isWorse(state, policy)) return { minutes: t / 60, bad: count[0]!.errors };
  }
  return null;
}

const runs = (n: number, policy: Policy, traffic: Traffic) =>
  Array.from({ length: n }, (_, i) => rollout(policy, traffic, 1000 + i));
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The plain comparison of errors: no margin, no warm-up, no guards, no latency, so that the errors have all of alpha. */
const plain: Policy = {
  ...policyFor({ steps, tolerance: 1, warmUpSeconds: 0, latencyEdges: [] }),
  guards: [],
};

describe("the kernel", () => {
  test("is a distribution, for any odds", () => {
    for (const ratio of [0.05, 1, 1.25, 20]) {
      const total = Array.from({ length: 31 }, (_, x) =>
        Math.exp(
          lnProbability(
            { canaryRequests: 40, baselineRequests: 200, canaryEvents: x, baselineEvents: 30 - x },
            ratio,
          ),
        ),
      ).reduce((a, b) => a + b);
      expect(total).toBeCloseTo(1, 12);
    }
  });

  test("is the hypergeometric one at equal odds", () => {
    const choose = (n: number, k: number) => lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);
    const interval = { canaryRequests: 50, baselineRequests: 950, canaryEvents: 3, baselineEvents: 7 };
    const expected = choose(50, 3) + choose(950, 7) - choose(1000, 10);
    expect(lnProbability(interval, 1)).toBeCloseTo(expected, 10);
  });

  test("is the binomial one where events are rare", () => {
    const interval = { canaryRequests: 5e6, baselineRequests: 9.5e7, canaryEvents: 4, baselineEvents: 6 };
    const odds = 3;
    const p = (0.05 * odds) / (1 + 0.05 * (odds - 1));
    const expected = Math.log(210) + 4 * Math.log(p) + 6 * Math.log(1 - p);
    expect(lnProbability(interval, odds)).toBeCloseTo(expected, 5);
  });

  test.each([
    ["few events", 50, 950, 3, 4],
    ["hundreds", 5000, 5000, 240, 260],
    ["so many that only every sigma-th term is taken", 1e6, 1e6, 9000, 9100],
    ["half of all requests and more", 500, 9500, 400, 7000],
    ["all of one version's", 40, 400, 40, 100],
    ["a million times as many of one version", 3, 3e6, 1, 60],
  ])(
    "at all ratios at once it is what it is at each: %s",
    (_, canaryRequests, baselineRequests, canaryEvents, baselineEvents) => {
      const interval = { canaryRequests, baselineRequests, canaryEvents, baselineEvents };
      const ratios = [0.05, 0.5, 1, 1.25, 3, 40];
      const atOnce = lnLikelihoods(interval, ratios, ratios.map(Math.log));
      for (const [i, ratio] of ratios.entries())
        expect(atOnce[i]! - atOnce[2]!).toBeCloseTo(
          lnProbability(interval, ratio) - lnProbability(interval, 1),
          5,
        );
    },
  );

  test("lets no bet win on average, in either direction, also where events are common (Ville's condition)", () => {
    const next = random(7);
    for (let i = 0; i < 200; i++) {
      const canaryRequests = 1 + Math.floor(next() * 60);
      const baselineRequests = 1 + Math.floor(next() * 60);
      const events = 1 + Math.floor(next() * (canaryRequests + baselineRequests));
      for (const [against, on] of [
        [1.25, 2.5],
        [1, 100],
        [2, 1],
        [2, 0.5],
      ] as const) {
        let expected = 0;
        for (let x = Math.max(0, events - baselineRequests); x <= Math.min(events, canaryRequests); x++) {
          const interval: Interval = {
            canaryRequests,
            baselineRequests,
            canaryEvents: x,
            baselineEvents: events - x,
          };
          const truth = lnProbability(interval, against);
          expected += Math.exp(truth + lnProbability(interval, on) - lnProbability(interval, against));
        }
        expect(expected).toBeCloseTo(1, 8);
      }
    }
  });
});

describe("the evidence", () => {
  const policy = policyFor({ steps, warmUpSeconds: 0 });
  const grid = gridOf(policy);
  const after = (...intervals: Interval[]) =>
    intervals.reduce(
      (process, interval) => addInterval(process, interval, grid, { isWarm: true, tempering: 1 }),
      beginStart(startProcess(grid), policy.starts, 0.5),
    );

  test("grows with each failure of the canary and falls with each of the baseline", () => {
    const interval = (canaryEvents: number, baselineEvents: number) => ({
      canaryRequests: 500,
      baselineRequests: 9500,
      canaryEvents,
      baselineEvents,
    });
    const values = [0, 1, 2, 4, 8, 16].map((x) => lnEValue(after(interval(x, 10)), grid));
    expect([...values].sort((a, b) => a - b)).toEqual(values);
    expect(values.at(-1)! - values[0]!).toBeGreaterThan(3);
    const others = [1, 5, 25, 125].map((x) => lnEValue(after(interval(5, x)), grid));
    expect([...others].sort((a, b) => b - a)).toEqual(others);
    expect(others[0]! - others.at(-1)!).toBeGreaterThan(0.1);
  });

  test("does not depend on the order of intervals", () => {
    const a = { canaryRequests: 50, baselineRequests: 950, canaryEvents: 2, baselineEvents: 3 };
    const b = { canaryRequests: 250, baselineRequests: 750, canaryEvents: 4, baselineEvents: 1 };
    expect(lnEValue(after(a, b), grid)).toBeCloseTo(lnEValue(after(b, a), grid), 10);
  });

  test("an interval without failures says nothing, and one that both versions share says nothing against the canary", () => {
    const quiet = { canaryRequests: 500, baselineRequests: 9500, canaryEvents: 0, baselineEvents: 0 };
    expect(lnEValue(after(quiet), grid)).toBeCloseTo(0, 12);
    const outage = { canaryRequests: 500, baselineRequests: 9500, canaryEvents: 100, baselineEvents: 1900 };
    expect(lnEValue(after(outage), grid)).toBeLessThan(0);
  });

  test("that a ratio is below a gate reaches 1/beta with as many requests as the formula says", () => {
    const needed = Math.log(20) + Math.log(5);
    const requests = Math.ceil(needed / 0.001 / 0.99);
    expect(lnBelow(0, requests, 0.001)).toBeGreaterThanOrEqual(Math.log(20));
    expect(lnBelow(0, requests / 2, 0.001)).toBeLessThan(Math.log(20));
    expect(lnBelow(10, 10_000, 0.001)).toBeLessThan(1);
  });
});

describe("simulated rollouts", () => {
  const even = (errorRatio: number) => () => errorRatio;

  test.each([
    ["10 requests/s, 1 %", 10, 0.01],
    ["100 requests/s, 0.1 %", 100, 0.001],
    ["100 requests/s, 1 %", 100, 0.01],
  ])("a good release is rolled back in at most alpha of them: %s", (_name, requestsPerSecond, errorRatio) => {
    const n = 100;
    const traffic = { requestsPerSecond, errorRatio: even(errorRatio), lift: 1 };
    const wrong = runs(n, policyFor({ steps, latencyEdges: [] }), traffic).filter(
      (end) => end !== null,
    ).length;
    expect(wrong / n).toBeLessThanOrEqual(0.02);
  });

  test("an outage that both versions share rolls nothing back", () => {
    const errorRatio = (t: number) => (t > 720 && t <= 1020 ? 0.2 : 0.001);
    const ends = runs(
      60,
      { ...policyFor({ steps, latencyEdges: [] }), guards: [] },
      { requestsPerSecond: 20, errorRatio, lift: 1 },
    );
    expect(ends.filter((end) => end !== null).length).toBeLessThanOrEqual(1);
  });

  test("50 times the failures are found in about 20 seconds, 5 times in about 5 minutes", () => {
    const found = (lift: number) => {
      const ends = runs(41, plain, { requestsPerSecond: 100, errorRatio: even(0.001), lift });
      expect(ends.every((end) => end !== null)).toBe(true);
      return { minutes: median(ends.map((end) => end!.minutes)), bad: median(ends.map((end) => end!.bad)) };
    };
    const severe = found(50);
    expect(severe.minutes).toBeLessThanOrEqual(0.5);
    expect(severe.bad).toBeLessThanOrEqual(8);
    const five = found(5);
    expect(five.minutes).toBeGreaterThan(2.5);
    expect(five.minutes).toBeLessThan(9);
  });

  test("a rollout that leaves its plan is still asked for small differences, and keeps its budget", () => {
    const unplanned = { requestsPerSecond: 100, errorRatio: () => 0.01, weightAt: () => 40 };
    const found = runs(20, plain, { ...unplanned, lift: 2 }).filter((result) => result !== null);
    expect(found).toHaveLength(20);
    expect(median(found.map(({ minutes }) => minutes))).toBeLessThan(3);
    const held = {
      requestsPerSecond: 100,
      errorRatio: () => 0.01,
      weightAt: (t: number) => (t < 600 ? 5 : 25),
    };
    expect(
      runs(20, plain, { ...held, lift: 1.5 }).filter((result) => result !== null).length,
    ).toBeGreaterThan(15);
    expect(runs(300, plain, { ...held, lift: 1 }).filter((result) => result !== null).length).toBeLessThan(8);
  });

  test("the default policy pays for its margin and its warm-up with little: 50 times in under a minute", () => {
    const ends = runs(41, policyFor({ steps, latencyEdges: [] }), {
      requestsPerSecond: 100,
      errorRatio: even(0.001),
      lift: 50,
    });
    expect(median(ends.map((end) => end!.minutes))).toBeLessThanOrEqual(1);
    expect(median(ends.map((end) => end!.bad))).toBeLessThanOrEqual(15);
  });
});

describe("planning", () => {
  test.each([
    [100, 0.001, 5, 0.05, 5.44],
    [100, 0.01, 2, 0.05, 5.52],
    [100, 0.01, 2, 0.5, 1.18],
    [1000, 0.001, 1.5, 0.25, 5.11],
    [100, 0.001, 50, 0.05, 0.18],
  ])(
    "%d requests/s, error ratio %f, %d times as many, weight %f: %f minutes",
    (requestsPerSecond, errorRatio, ratio, weight, expected) => {
      const seconds = detectionSeconds({ requestsPerSecond, errorRatio, ratio, weight });
      expect(seconds / 60).toBeCloseTo(expected, 1);
    },
  );

  test("nothing can be found without errors or without a difference", () => {
    expect(detectionSeconds({ requestsPerSecond: 100, errorRatio: 0, ratio: 5, weight: 0.05 })).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(detectionSeconds({ requestsPerSecond: 100, errorRatio: 0.01, ratio: 1, weight: 0.05 })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe("quantiles of a histogram, as Prometheus computes them", () => {
  const latency = { "0.1": 50, "0.5": 90, "1": 100, "+Inf": 100 };
  test.each([
    [0.5, 0.1],
    [0.25, 0.05],
    [0.7, 0.3],
    [0.95, 0.75],
    [1, 1],
  ])("%f is %f s", (quantile, expected) => {
    expect(quantileSeconds(latency, quantile)).toBeCloseTo(expected, 10);
  });

  test("above the highest finite edge, that edge is the answer; without requests there is none", () => {
    expect(quantileSeconds({ "0.1": 1, "+Inf": 100 }, 0.99)).toBe(0.1);
    expect(quantileSeconds({ "0.1": 0, "+Inf": 0 }, 0.99)).toBeNull();
    expect(quantileSeconds({}, 0.99)).toBeNull();
  });
});
