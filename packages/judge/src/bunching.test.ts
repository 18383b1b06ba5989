import type { Counters } from "@sluice/documents";
import { randomFrom } from "@sluice/testing/random";
import { describe, expect, test } from "vitest";
import { addToBunching, startBunching, temperedBy } from "./bunching.ts";
import { advance, isWorse, start } from "./judge.ts";
import { policyFor } from "./policy.ts";

function binomial(n: number, p: number, next: () => number): number {
  let count = 0;
  for (let i = 0; i < n; i++) if (next() < p) count++;
  return count;
}

/** Exponent after intervals of 100 and 300 requests whose shares of slow ones the two functions say. */
function exponentAfter(intervals: number, slow: (i: number) => [number, number]): number {
  const next = randomFrom(7);
  let state = startBunching();
  for (let i = 0; i < intervals; i++) {
    const [canary, baseline] = slow(i);
    state = addToBunching(state, {
      canaryRequests: 100,
      baselineRequests: 300,
      canaryEvents: binomial(100, canary, next),
      baselineEvents: binomial(300, baseline, next),
    });
  }
  return temperedBy(state, 1 / 3);
}

describe("how much slow requests come in bunches", () => {
  test("nothing is taken from the evidence of requests that are slow independently of each other", () => {
    expect(exponentAfter(200, () => [0.05, 0.05])).toBe(1 / 3);
  });

  test("nor where one version is slower all the time: that is a difference and no bunch", () => {
    expect(exponentAfter(200, () => [0.3, 0.05])).toBe(1 / 3);
  });

  test("versions that stall in turns count for little", () => {
    const stalls = (i: number): [number, number] =>
      i % 5 === 0 ? [0.6, 0.02] : i % 5 === 2 ? [0.02, 0.6] : [0.02, 0.02];
    expect(exponentAfter(100, stalls)).toBeLessThan(1 / 20);
  });

  test("a rollout on a machine that stalls now one version and now the other is not rolled back for it", () => {
    const policy = policyFor({ steps: [{ weight: 25, pauseSeconds: 600 }], latencyEdges: ["0.05"] });
    const ends = Array.from({ length: 60 }, (_, run) => {
      const next = randomFrom(100 + run);
      const arms: Counters[] = [0, 1].map(() => ({
        requests: 0,
        errors: 0,
        latency: { "0.05": 0, "+Inf": 0 },
      }));
      let state = start(policy);
      for (let t = 0; t <= 600; t += 5) {
        state = advance(state, { t, weight: 25, canary: arms[0]!, baseline: arms[1]! }, policy);
        const isStalled = [next() < 0.1, next() < 0.1];
        [100, 300].forEach((requests, i) => {
          const { latency } = arms[i]!;
          const slow = binomial(requests, isStalled[i] ? 0.3 : 0.02, next);
          const total = arms[i]!.requests + requests;
          arms[i] = {
            requests: total,
            errors: 0,
            latency: { "0.05": latency["0.05"]! + requests - slow, "+Inf": total },
          };
        });
      }
      return isWorse(state, policy);
    });
    expect(ends.filter(Boolean).length).toBeLessThanOrEqual(2);
  });
});
