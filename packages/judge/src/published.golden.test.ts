import type { Sample } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { observe, start } from "./judge.ts";
import { type Interval, lnProbability } from "./kernel.ts";
import { policyFor } from "./policy.ts";

/**
 * Published results that do not come from Sluice, computed with Sluice's own likelihood: where each event is one
 * trial, given the shares, Fisher's noncentral hypergeometric distribution of many requests is the binomial one.
 */

/** So many requests that no event makes the next one less likely. */
const many = 1e9;

/** ln of the chance that `x` of `events` are the canary's if each is with the chance `p`, but for a constant. */
function lnShare(x: number, events: number, p: number, share: number): number {
  const interval: Interval = {
    canaryRequests: many * share,
    baselineRequests: many * (1 - share),
    canaryEvents: x,
    baselineEvents: events - x,
  };
  return lnProbability(interval, (p * (1 - share)) / ((1 - p) * share));
}

/** Middle points of thin slices of the interval from 0 to 1. */
const slices = 4000;
const points = Array.from({ length: slices }, (_, i) => (i + 0.5) / slices);

/** Weights of the slices under a beta distribution, adding up to 1. */
function betaWeights(a: number, b: number): number[] {
  const ln = points.map((p) => (a - 1) * Math.log(p) + (b - 1) * Math.log1p(-p));
  const largest = Math.max(...ln);
  const weights = ln.map((value) => Math.exp(value - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Evidence of a beta mixture of chances against one chance. */
function evidence(x: number, events: number, null_: number, a: number, b: number): number {
  const against = lnShare(x, events, null_, null_);
  const weights = betaWeights(a, b);
  return points.reduce(
    (sum, p, i) =>
      sum + (weights[i]! > 0 ? weights[i]! * Math.exp(lnShare(x, events, p, null_) - against) : 0),
    0,
  );
}

describe("always-valid p values of Lindon & Malek (2022), concentration 100", () => {
  test("Poisson counts of a canary with a fifth of the traffic: n = 210, p = .0456 (R268)", () => {
    const p = (canary: number, baseline: number) => 1 / evidence(canary, canary + baseline, 0.2, 20, 80);
    expect(p(62, 148)).toBeCloseTo(0.0456, 4);
    // That the test stops there means that the event before was not enough.
    expect(p(61, 148)).toBeGreaterThan(0.05);
  });

  test("multinomial counts in three groups: n = 402, p = .0485, as two comparisons one inside the other", () => {
    const [a, b, c] = [40, 129, 233];
    const first = evidence(a, a + b + c, 0.1, 10, 90);
    const second = evidence(b, b + c, 4 / 9, 40, 50);
    expect(1 / (first * second)).toBeCloseTo(0.0485, 4);
  });
});

test("the confidence interval of the beta-binomial mixture (Howard et al. 2021): 700 of 1000 is (0.651629, 0.745949)", () => {
  const alpha = 0.05;
  const optimal = 100;
  const likelihood = points.map((p) => lnShare(700, 1000, p, 0.5));
  const largest = Math.max(...likelihood);
  const isRejected = (p: number): boolean => {
    const scale = optimal / (2 * Math.log(1 / alpha) + Math.log(1 + 2 * Math.log(1 / alpha))) - 1;
    const weights = betaWeights(p * scale, (1 - p) * scale);
    const mixed = points.reduce((sum, _, i) => sum + weights[i]! * Math.exp(likelihood[i]! - largest), 0);
    return Math.log(mixed) + largest - lnShare(700, 1000, p, 0.5) >= Math.log(1 / alpha);
  };
  const edge = (rejected: number, inside: number): number => {
    let [out, within] = [rejected, inside];
    for (let i = 0; i < 24; i++) {
      const middle = (out + within) / 2;
      if (isRejected(middle)) out = middle;
      else within = middle;
    }
    return (out + within) / 2;
  };
  expect(edge(0.5, 0.7)).toBeCloseTo(0.651629, 5);
  expect(edge(0.9, 0.7)).toBeCloseTo(0.745949, 5);
});

/** Counters that grow by given failures in each interval of ten seconds, of a fixed number of requests. */
function samples(
  canaryErrors: readonly number[],
  baselineErrors: readonly number[],
  requests: { canary: number; baseline: number },
  weight: number,
): Sample[] {
  let [canary, baseline] = [0, 0];
  return Array.from({ length: canaryErrors.length + 1 }, (_, i) => {
    canary += i === 0 ? 0 : canaryErrors[i - 1]!;
    baseline += i === 0 ? 0 : baselineErrors[i - 1]!;
    return {
      t: 10 * i,
      weight,
      canary: { requests: i * requests.canary, errors: canary, latency: {} },
      baseline: { requests: i * requests.baseline, errors: baseline, latency: {} },
    };
  });
}

const steps = [
  { weight: 5, pauseSeconds: 600 },
  { weight: 25, pauseSeconds: 600 },
  { weight: 50, pauseSeconds: 900 },
];
const repeat = (value: number, times: number) => new Array<number>(times).fill(value);

/** Interval, counted from 1, after which the release is rolled back; null when it never is. */
function rolledBackAfter(all: readonly Sample[], policy = policyFor({ steps })): number | null {
  let state = start(policy);
  for (const [i, sample] of all.entries()) {
    const { state: next, verdict } = observe(state, sample, policy);
    state = next;
    if (verdict.verdict === "rollback") return i;
  }
  return null;
}

describe("what Kayenta's judge passes (its issues 780 and 426)", () => {
  test("KY-780 seven values of ten a hundred times as high are found with the first of them", () => {
    const bad = [...repeat(100, 7), ...repeat(1, 3)];
    const even = { canary: 10_000, baseline: 10_000 };
    expect(rolledBackAfter(samples(bad, repeat(1, 10), even, 50))).toBe(1);
    // Also in the other order, where the three good values come first.
    expect(rolledBackAfter(samples([...bad].reverse(), repeat(1, 10), even, 50))).toBe(4);
  });

  const sparse = [0, 1, 2, 1, 0, 0];
  test("KY-426 a few errors against none are found where the canary has a small share of the traffic", () => {
    const policy = policyFor({ steps, warmUpSeconds: 0 });
    const share = { canary: 50, baseline: 950 };
    expect(rolledBackAfter(samples(sparse, repeat(0, 6), share, 5), policy)).toBeLessThanOrEqual(4);
    // By default the first minute of a new version counts only when it is very bad.
    const afterWarmUp = [...repeat(0, 7), ...sparse];
    expect(rolledBackAfter(samples(afterWarmUp, repeat(0, 13), share, 5))).not.toBeNull();
  });

  test("KY-426 with equal shares four errors against none are chance once in 16 times, so more of them are waited for", () => {
    const policy = policyFor({ steps, tolerance: 1, warmUpSeconds: 0 });
    const even = { canary: 500, baseline: 500 };
    const times = (n: number) =>
      samples(Array.from({ length: n }, () => sparse).flat(), repeat(0, 6 * n), even, 50);
    expect(rolledBackAfter(times(1), policy)).toBeNull();
    const found = rolledBackAfter(times(4), policy);
    expect(found).toBeGreaterThan(12);
    expect(found).toBeLessThanOrEqual(24);
  });
});

describe("looking often", () => {
  /** Uniform numbers (Park & Miller 1988). */
  function uniforms(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
  }

  test("a test of 5 % looked at 1, 5, 20 and 100 times rejects as Armitage, McPherson & Rowe (1969) say; the judge never does above 5 %", () => {
    const next = uniforms(20);
    const policy = { ...policyFor({ steps, tolerance: 1, warmUpSeconds: 0, alpha: 0.05 }), guards: [] };
    const rollouts = 300;
    const looks = 100;
    const perLook = 40; // errors of both versions together, each a coin
    const rejectedBy = [1, 5, 20, 100].map((limit) => ({ limit, naive: 0, judged: 0 }));
    for (let rollout = 0; rollout < rollouts; rollout++) {
      let [excess, naive, judged] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      const canary: number[] = [];
      for (let look = 1; look <= looks; look++) {
        let x = 0;
        for (let i = 0; i < perLook; i++) if (next() < 0.5) x++;
        canary.push(x);
        excess += x - perLook / 2;
        const z = excess / Math.sqrt((look * perLook) / 4);
        if (Math.abs(z) > 1.96) naive = Math.min(naive, look);
      }
      const requests = { canary: 100_000, baseline: 100_000 };
      judged =
        rolledBackAfter(
          samples(
            canary,
            canary.map((x) => perLook - x),
            requests,
            50,
          ),
          policy,
        ) ?? judged;
      for (const row of rejectedBy) {
        if (naive <= row.limit) row.naive++;
        if (judged <= row.limit) row.judged++;
      }
    }
    const published = [0.05, 0.142, 0.248, 0.374];
    rejectedBy.forEach(({ naive, judged }, i) => {
      const expected = published[i]!;
      const error = Math.sqrt((expected * (1 - expected)) / rollouts);
      // Coins are discrete, so the test of one look has a level of 3.8 to 5.5 %.
      expect(Math.abs(naive / rollouts - expected)).toBeLessThan(3 * error + 0.015);
      expect(judged / rollouts).toBeLessThanOrEqual(0.05);
    });
    expect(rejectedBy.at(-1)!.naive).toBeGreaterThan(5 * rejectedBy.at(-1)!.judged);
  });
});
