import { describe, expect, test } from "vitest";
import { type Bound, policyFor } from "./policy.ts";
import { counters, judge, sample, steady, steps } from "./testing/samples.ts";

describe("verdicts", () => {
  test("a canary that fails clearly more often is rolled back, with the metric that showed it (R248, R268, R269, R279)", () => {
    const { verdict } = judge(steady(120, 0.05, 0.001));
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.worse" });
    expect(verdict.evidence.decidedBy).toBe("errors");
    expect(verdict.evidence.p).toBeLessThanOrEqual(0.01);
    const [errors] = verdict.evidence.metrics;
    expect(errors!.ratio!.low).toBeGreaterThan(1.25);
    expect(errors!.ratio!.estimate).toBeGreaterThan(errors!.ratio!.low!);
    expect(verdict.sentence).toMatch(/failed 30 of 600 requests \(5 %\).*at least .* times as often/);
  });

  test("a canary that fails as often as the baseline is promoted on evidence (R247, R337)", () => {
    const { verdict } = judge(steady(600, 0.01, 0.01, { canary: 500, baseline: 9500 }));
    expect(verdict).toMatchObject({ verdict: "promote", reasonCode: "judge.not-worse" });
    expect(verdict.evidence.promotionEValue).toBeGreaterThan(20);
    expect(verdict.evidence.metrics[0]!.ratio!.high).toBeLessThan(2);
  });

  test("no errors in either version hold nothing up", () => {
    expect(judge(steady(60, 0, 0)).verdict).toMatchObject({
      verdict: "promote",
      reasonCode: "judge.no-errors",
    });
  });

  test("few errors are below the gate, whatever the baseline does", () => {
    const gates: Bound[] = [{ text: "error_rate > 1%", metric: "error_rate", comparison: ">", value: 1 }];
    const samples = steady(600, 0.0005, 0, { canary: 100, baseline: 100 });
    const policy = policyFor({ steps, gates });
    expect(judge(samples, policy).verdict).toMatchObject({
      verdict: "promote",
      reasonCode: "judge.below-gate",
    });
    expect(judge(samples.slice(0, 4), policy).verdict.reasonCode).not.toBe("judge.below-gate");
  });

  test("some errors and little traffic: nothing against it, and no proof either", () => {
    const samples = steady(600, 0.02, 0.02, { canary: 5, baseline: 95 });
    expect(judge(samples).verdict).toMatchObject({ verdict: "continue", reasonCode: "judge.healthy-so-far" });
    expect(judge(samples, policyFor({ steps }), { mustDecide: true }).verdict).toMatchObject({
      verdict: "inconclusive",
      reasonCode: "judge.undecided",
    });
  });

  test("a rollback stays one, whatever follows", () => {
    const bad = steady(120, 0.05, 0.001);
    const last = bad.at(-1)!;
    const well = Array.from({ length: 200 }, (_, i) =>
      sample(
        last.t + 10 * (i + 1),
        counters(last.canary!.requests + 50 * (i + 1), last.canary!.errors),
        counters(last.baseline!.requests + 950 * (i + 1), last.baseline!.errors),
      ),
    );
    expect(judge([...bad, ...well]).verdict.verdict).toBe("rollback");
  });
});

describe("latency", () => {
  const histogram = (requests: number, slow: number) => ({
    "0.05": requests * 0.5,
    "0.1": requests - slow,
    "0.25": requests - slow / 2,
  });
  const slower = (slowCanary: number, slowBaseline: number) =>
    Array.from({ length: 61 }, (_, i) => {
      const canary = 100 * i;
      const baseline = 1000 + 900 * i;
      return sample(
        10 * i,
        counters(canary, 0, histogram(canary, canary * slowCanary)),
        counters(baseline, 0, histogram(baseline, baseline * slowBaseline)),
      );
    });

  test("a canary that is slower in the tail is rolled back, and the sentence says how slow (R247, R280, R283)", () => {
    const { verdict } = judge(slower(0.2, 0.02));
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.worse" });
    expect(verdict.evidence.decidedBy).toBe("latency > 100 ms");
    expect(verdict.sentence).toMatch(/slower.*more than 100 ms/);
  });

  test("one that is as fast is not", () => {
    expect(judge(slower(0.02, 0.02)).verdict.verdict).toBe("promote");
  });

  test("a tail that gets slower is found, though the median stays where it was", () => {
    const bounds = { "0.1": 0.64, "0.15": 0.33, "0.2": 0.15, "0.25": 0.07, "0.35": 0.016, "0.5": 0.002 };
    const timed = (requests: number, tail: number) => ({
      ...Object.fromEntries(
        Object.entries(bounds).map(([edge, share]) => [
          edge,
          Math.round(requests * (1 - Math.max(share, tail))),
        ]),
      ),
      "+Inf": requests,
    });
    const samples = steady(180, 0, 0).map((one, i) => ({
      ...one,
      canary: { ...one.canary!, latency: timed(50 * i, 0.06) },
      baseline: { ...one.baseline!, latency: timed(950 * i, 0) },
    }));
    const { verdict } = judge(samples);
    expect(verdict.verdict).toBe("rollback");
    expect(verdict.evidence.decidedBy).toBe("latency > 500 ms");
  });

  test("differences that nobody feels are not compared", () => {
    const names = judge(
      slower(0.02, 0.02),
      policyFor({ steps, latencyFloorMilliseconds: 80 }),
    ).verdict.evidence.metrics.map(({ metric }) => metric);
    expect(names).toEqual(["errors", "latency > 100 ms", "latency > 250 ms"]);
  });
});

describe("warm-up", () => {
  const cold = (ratio: number) => steady(50, ratio, 0.005);

  test("a little more failures right after the start are forgiven", () => {
    expect(judge(cold(0.02)).verdict.verdict).not.toBe("rollback");
  });

  test("many are not: the guard for cold starts never sleeps", () => {
    expect(judge(cold(0.5)).verdict.verdict).toBe("rollback");
  });
});

describe("warm-up and replicas", () => {
  test("a step that starts no new replicas needs none", () => {
    const desired = (next: number) =>
      [...steady(600, 0, 0.005), ...[1, 2, 3, 4].map((i) => ({ i }))].map((one, k) =>
        "i" in one
          ? {
              t: 600 + 10 * one.i,
              weight: 25,
              canary: counters(3000 + 250 * one.i, 40 * one.i),
              baseline: counters(57_000 + 750 * one.i, 285 + 4 * one.i),
              replicas: { ready: next, desired: next },
            }
          : { ...one, replicas: { ready: 2, desired: 2 }, weight: k >= 0 ? 5 : 0 },
      );
    const warm = judge(desired(2)).verdict.evidence.eValue;
    const cold = judge(desired(4)).verdict.evidence.eValue;
    expect(warm).toBeGreaterThan(cold);
  });
});
describe("the exact test beside the e-process", () => {
  test("has its part of alpha where the rollout is planned, and says where it stands", () => {
    const { verdict } = judge(steady(600, 0.01, 0.01));
    const [errors] = verdict.evidence.metrics;
    // Without a histogram the errors have all of alpha: 1 % less the guard for cold starts, 42 % of that.
    expect(errors!.share).toBe(1);
    expect(errors!.exactTest).toMatchObject({ alpha: 0.00357, isReached: false, stoppedBy: null });
    expect(errors!.exactTest!.spent).toBeLessThanOrEqual(0.00357 * (600 / 2100) ** 7 + 1e-9);
  });

  test("is not used without a plan, with a pause that a person ends, and where failures come in bunches", () => {
    const used = (options: Parameters<typeof policyFor>[0]) =>
      judge(steady(100, 0.01, 0.01), policyFor(options)).verdict.evidence.metrics[0]!.exactTest !== undefined;
    expect(used({ steps })).toBe(true);
    expect(used({})).toBe(false);
    expect(used({ steps: [{ weight: 5, pauseSeconds: 0 }] })).toBe(false);
    expect(used({ steps, tempering: 1 / 2 })).toBe(false);
  });

  test("finds at the end of the plan what the e-process does not, and the release is rolled back by it (R279)", () => {
    const policy = policyFor({ steps, tolerance: 1, warmUpSeconds: 0 });
    const rates = { canary: 50, baseline: 950 };
    const samples = steady(2100, 0.0135, 0.01, rates).map((one, i) => ({
      ...one,
      weight: i <= 60 ? 5 : i <= 120 ? 25 : 50,
    }));
    const { verdict } = judge(samples, policy);
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.worse" });
    expect(verdict.evidence.metrics[0]!.exactTest!.isReached).toBe(true);
    expect(verdict.evidence.interval!.from).toBe(0);
    expect(verdict.evidence.interval!.to).toBeGreaterThan(1000);
    const without = { ...policy, groupSequential: { ...policy.groupSequential, share: 0 } };
    expect(judge(samples, without).verdict.verdict).not.toBe("rollback");
  });

  test("stops when a step is held, and the e-process goes on", () => {
    const held = judge(steady(1200, 0.01, 0.01)).verdict.evidence.metrics[0]!;
    expect(held.exactTest).toMatchObject({ stoppedBy: "step-held" });
    expect(judge(steady(1200, 0.05, 0.005)).verdict.verdict).toBe("rollback");
  });

  test("severe regressions are not its business: they are found before it has spent anything", () => {
    const { verdict } = judge(steady(60, 0.5, 0.001), policyFor({ steps, tolerance: 1, warmUpSeconds: 0 }));
    expect(verdict.verdict).toBe("rollback");
    expect(verdict.evidence.metrics[0]!.exactTest!.spent).toBeLessThan(1e-6);
    expect(verdict.evidence.interval).toEqual({ from: 0, to: 10 });
  });
});
