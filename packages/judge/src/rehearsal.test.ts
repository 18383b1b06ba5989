import { randomFrom } from "@sluice/testing/random";
import { describe, expect, test } from "vitest";
import { planDetection, proposeSteps } from "./detection-plan.ts";
import { observe, start } from "./judge.ts";
import { detectionSeconds } from "./planning.ts";
import { type Policy, policyFor } from "./policy.ts";
import { rehearse } from "./rehearsal.ts";

const steps = [
  { weight: 5, pauseSeconds: 600 },
  { weight: 25, pauseSeconds: 600 },
  { weight: 50, pauseSeconds: 900 },
];
const at = (requestsPerSecond: number, errorRatio: number) => ({ requestsPerSecond, errorRatio });
const errors = (ratio: number) => ({ metric: "errors" as const, ratio });

/** Medians of rollouts in which failures come at random (Poisson): seconds, and failed responses. */
function simulated(policy: Policy, rate: number, share: number, ratio: number) {
  const runs = Array.from({ length: 41 }, (_, seed) => {
    const next = randomFrom(seed + 1);
    const poisson = (mean: number): number => {
      let count = 0;
      for (let left = mean; left > 0; left -= 500)
        for (let product = next(); product > Math.exp(-Math.min(left, 500)); product *= next()) count++;
      return count;
    };
    const canary = { requests: 0, errors: 0, latency: {} };
    const baseline = { requests: 0, errors: 0, latency: {} };
    let state = start(policy);
    let t = 0;
    for (const { weight, pauseSeconds } of steps)
      for (let i = 0; i < pauseSeconds / 10; i++) {
        t += 10;
        const mine = (rate * 10 * weight) / 100;
        canary.requests += mine;
        canary.errors += poisson(mine * share * ratio);
        baseline.requests += rate * 10 - mine;
        baseline.errors += poisson((rate * 10 - mine) * share);
        const sample = { t, weight, canary: { ...canary }, baseline: { ...baseline } };
        const { verdict, state: after } = observe(state, sample, policy);
        state = after;
        if (verdict.verdict === "rollback") return { seconds: t, bad: canary.errors };
      }
    return { seconds: Number.POSITIVE_INFINITY, bad: Number.POSITIVE_INFINITY };
  });
  const median = (key: "seconds" | "bad") => runs.map((run) => run[key]).toSorted((a, b) => a - b)[20]!;
  return { seconds: median("seconds"), bad: median("bad") };
}

describe("a rehearsal", () => {
  test.each([
    [100, 0.001, 50],
    [100, 0.001, 5],
    [100, 0.01, 2],
    [1000, 0.01, 5],
    [10, 0.01, 5],
  ])(
    "at %i/s and %d finds %i times as many errors about when a rollout at random does",
    (rate, share, ratio) => {
      for (const policy of [policyFor({ steps }), policyFor({ steps, tolerance: 1, warmUpSeconds: 0 })]) {
        const expected = simulated(policy, rate, share, ratio);
        const found = rehearse(policy, steps, at(rate, share), errors(ratio));
        // One reading, and half as much again, either way.
        expect(found.seconds!).toBeGreaterThanOrEqual(expected.seconds / 1.5 - 10);
        expect(found.seconds!).toBeLessThanOrEqual(expected.seconds * 1.5 + 10);
        expect(found.badResponses).toBeGreaterThanOrEqual(expected.bad / 2);
        expect(found.badResponses).toBeLessThanOrEqual(expected.bad * 2);
      }
    },
  );

  test("of a version that is as good finds nothing", () => {
    for (const rate of [1, 100, 10_000])
      expect(rehearse(policyFor({ steps }), steps, at(rate, 0.01), errors(1)).seconds).toBeNull();
  });

  test("of a metric of one's own that must have data does not take it for missing (R286, R476)", () => {
    const options = { steps, events: [{ name: "checkout", noData: "fail" as const }] };
    expect(rehearse(policyFor(options), steps, at(100, 0.01), errors(1))).toMatchObject({ seconds: null });
    const { detections } = planDetection(options, steps, at(100, 0.01));
    expect(detections.map(({ decidedBy }) => decidedBy)).toEqual(["errors", "errors", "errors"]);
  });

  test("more traffic, more weight and a worse version are found sooner, and never later", () => {
    const policy = policyFor({ steps });
    const seconds = (rate: number, ratio: number) =>
      rehearse(policy, steps, at(rate, 0.002), errors(ratio)).seconds ?? Number.POSITIVE_INFINITY;
    for (const ratio of [2, 5, 50]) expect(seconds(1000, ratio)).toBeLessThanOrEqual(seconds(100, ratio));
    for (const rate of [10, 100, 1000]) expect(seconds(rate, 50)).toBeLessThanOrEqual(seconds(rate, 5));
  });

  test("says that latency decides when it is the latency", () => {
    const expected = { ...at(100, 0.001), latency: { p50Seconds: 0.12, p99Seconds: 0.4 } };
    const found = rehearse(policyFor({ steps }), steps, expected, { metric: "latency", ratio: 2 });
    expect(found.decidedBy).toMatch(/^latency/);
    expect(found.seconds).toBeLessThan(300);
  });
});

describe("the planning formula", () => {
  test("is corrected where whole failures take longer: 50 times 0.1 % at 100/s is 20 s and not 11", () => {
    const input = { requestsPerSecond: 100, errorRatio: 0.001, ratio: 50, weight: 0.05 };
    expect(detectionSeconds(input) / 60).toBeCloseTo(0.18, 2);
    expect(detectionSeconds({ ...input, sampleSeconds: 10 })).toBe(20);
    // One failure in a hundred seconds: three of them cannot have happened after one minute.
    expect(detectionSeconds({ ...input, requestsPerSecond: 4 })).toBeGreaterThan(200);
  });
});

describe("what steps find", () => {
  test("says of each step by itself what it finds, and what one that finds nothing would need (R476)", () => {
    const few = planDetection({}, steps, at(1, 0.001));
    expect(few.steps.map(({ finds }) => finds)).toEqual([null, 50, 50]);
    expect(few.steps[0]!.neededSeconds).toBeGreaterThan(600);
    const many = planDetection({}, steps, at(1000, 0.01));
    expect(many.steps.map(({ finds }) => finds)).toEqual([2, 2, 2]);
    expect(many.detections.map(({ ratio }) => ratio)).toEqual([2, 5, 50]);
  });
});

describe("proposed steps", () => {
  test.each([
    [10, 0.001],
    [100, 0.001],
    [1000, 0.01],
  ])("at %i/s and %d find five times as many errors before they cost more than they may", (rate, ratio) => {
    const proposal = proposeSteps({}, at(rate, ratio), 25);
    if (!("steps" in proposal)) throw new Error("nothing was proposed");
    expect(proposal.detection.badResponses).toBeLessThanOrEqual(25);
    expect(proposal.steps.at(-1)).toEqual({ weight: 100, pauseSeconds: 0 });
    // It holds for the steps as they are proposed, not only on the way to them.
    const policy = policyFor({ steps: proposal.steps });
    expect(rehearse(policy, proposal.steps, at(rate, ratio), errors(5))).toEqual(proposal.detection);
    const weights = proposal.steps.map(({ weight }) => weight);
    expect(weights).toEqual(weights.toSorted((a, b) => a - b));
  });

  test("are not there when it may cost less than finding it takes, or takes more than a day", () => {
    const dear = proposeSteps({}, at(100, 0.001), 2);
    expect(dear).toEqual({ leastBadResponses: expect.any(Number) });
    expect(proposeSteps({}, at(0.001, 0.0001), 25)).toEqual({ leastBadResponses: null });
  });
});
