import { describe, expect, test } from "vitest";
import { advance, policyFor, start } from "../../../../packages/judge/src/index.ts";
import { lnProbability } from "../../../../packages/judge/src/kernel.ts";
import { Random } from "../random.ts";
import { fisherP } from "../rules/fisher.ts";
import { lnDirichletEvidence } from "./dirichlet.ts";
import { lnBeta } from "./gamma.ts";

describe("the judge agrees with formulas of others where both say the same", () => {
  test("its likelihood, averaged over the prior, is the evidence of Lindon & Malek for two groups of rare events", () => {
    const random = new Random(31);
    const many = 1e9;
    for (let i = 0; i < 20; i++) {
      const share = 0.05 + 0.9 * random.uniform();
      const events = 1 + Math.floor(random.uniform() * 300);
      const x = Math.floor(random.uniform() * (events + 1));
      const at = (p: number) =>
        lnProbability(
          {
            canaryRequests: many * share,
            baselineRequests: many * (1 - share),
            canaryEvents: x,
            baselineEvents: events - x,
          },
          (p * (1 - share)) / ((1 - p) * share),
        );
      const [a, b] = [100 * share, 100 * (1 - share)];
      const slices = 4000;
      let mixed = 0;
      for (let j = 0; j < slices; j++) {
        const p = (j + 0.5) / slices;
        const lnPrior = (a - 1) * Math.log(p) + (b - 1) * Math.log1p(-p) - lnBeta(a, b);
        mixed += Math.exp(lnPrior + at(p) - at(share)) / slices;
      }
      const published = lnDirichletEvidence([x, events - x], [share, 1 - share]);
      expect(Math.abs(Math.log(mixed) - published)).toBeLessThan(1e-3);
    }
  });

  test("with one look its exact test rejects exactly where Fisher's test does", () => {
    const random = new Random(32);
    const alpha = 0.05;
    const policy = {
      ...policyFor({
        alpha,
        tolerance: 1,
        warmUpSeconds: 0,
        latencyEdges: [],
        steps: [{ weight: 50, pauseSeconds: 60 }],
        groupSequential: { share: 0.999, power: 1, lookSeconds: 60 },
      }),
      guards: [],
    };
    const seen = { rejected: 0, kept: 0 };
    for (let i = 0; i < 400; i++) {
      const canary = 20 + Math.floor(random.uniform() * 500);
      const baseline = 20 + Math.floor(random.uniform() * 500);
      const events = 1 + Math.floor(random.uniform() * 40);
      const x = Math.min(events, canary, Math.floor(random.uniform() * (events + 1)));
      if (events - x > baseline) continue;
      const counters = (requests: number, errors: number) => ({ requests, errors, latency: {} });
      const readings = [
        { t: 0, weight: 50, canary: counters(0, 0), baseline: counters(0, 0) },
        { t: 60, weight: 50, canary: counters(canary, x), baseline: counters(baseline, events - x) },
      ];
      const state = readings.reduce((before, sample) => advance(before, sample, policy), start(policy));
      const isRejected = fisherP(x, canary, events, baseline) <= alpha * 0.999;
      expect(state.metrics[0]!.test!.isReached, `${x} of ${events}, ${canary} and ${baseline}`).toBe(
        isRejected,
      );
      seen[isRejected ? "rejected" : "kept"]++;
    }
    expect(Math.min(seen.rejected, seen.kept)).toBeGreaterThan(30);
  });
});
