import { describe, expect, test } from "vitest";
import { observe, start } from "./judge.ts";
import { policyFor } from "./policy.ts";
import { counters, judge, sample, steady, steps } from "./testing/samples.ts";

describe("data", () => {
  test("a version without counters is no data: hold, not a pass and not zero requests", () => {
    const samples = steady(600, 0, 0);
    const canary = samples.map((one) => ({ ...one, canary: null }));
    expect(judge(canary).verdict).toMatchObject({ verdict: "hold", reasonCode: "judge.no-data" });
    expect(judge(canary).verdict.evidence.canary).toBeNull();
    const baseline = samples.map((one) => ({ ...one, baseline: null }));
    expect(judge(baseline).verdict).toMatchObject({ verdict: "hold", reasonCode: "judge.no-data" });
    expect(judge(canary, policyFor({ steps }), { mustDecide: true }).verdict.verdict).toBe("inconclusive");
    expect(judge(baseline, policyFor({ steps }), { hasBaseline: false }).verdict.verdict).toBe("promote");
  });

  test("too little traffic in the step holds it, also when earlier steps had enough (R270)", () => {
    const samples = steady(600, 0, 0);
    const last = samples.at(-1)!;
    const next = { ...last, t: last.t + 10, weight: 25 };
    expect(judge([...samples, next]).verdict).toMatchObject({
      verdict: "hold",
      reasonCode: "judge.too-little-traffic",
    });
  });

  test("a counter that falls is a restart and counts from zero", () => {
    const samples = [
      sample(0, counters(1000, 3), counters(9000, 9)),
      sample(10, counters(1050, 3), counters(9950, 10)),
      sample(20, counters(40, 1), counters(10900, 11)),
    ];
    const { canary, baseline } = judge(samples).verdict.evidence;
    expect(canary).toMatchObject({ requests: 90, errors: 1 });
    expect(baseline).toMatchObject({ requests: 1900, errors: 2 });
  });

  /** Requests of which a share is within each edge, read every ten seconds for ten minutes. */
  const timed = (canary: Record<string, number>, baseline: Record<string, number>) =>
    steady(600, 0.01, 0.01).map((one, i) => {
      const within = (requests: number, shares: Record<string, number>) => ({
        ...Object.fromEntries(
          Object.entries(shares).map(([edge, share]) => [edge, Math.round(requests * share)]),
        ),
        "+Inf": requests,
      });
      return {
        ...one,
        canary: { ...one.canary!, latency: within(50 * i, canary) },
        baseline: { ...one.baseline!, latency: within(950 * i, baseline) },
      };
    });
  const fine = { "0.125": 0.5, "0.176777": 0.7, "0.25": 0.9, "0.353553": 0.95, "0.5": 0.99 };
  const coarse = { "0.125": 0.5, "0.25": 0.9, "0.5": 0.99 };

  test("a histogram that makes its buckets wider while it is compared is not slower by it (R285)", () => {
    const [before, after] = [fine, coarse].map((shares) => ({ ...shares, "0.125": 0.2 }));
    const samples = timed(before!, before!).map((one, i) => (i < 20 ? one : timed(after!, before!)[i]!));
    const { verdict } = judge(samples);
    const lost = verdict.evidence.metrics.find(({ metric }) => metric === "latency > 176.777 ms")!;
    expect(lost.ratio!.estimate).toBeCloseTo(1, 2);
    expect(lost.eValue).toBeLessThan(1.5);
    expect(verdict.evidence.canary!.p99).toBeCloseTo(500, 0);
  });

  test("versions whose histograms have other edges are compared at those that both have (R285)", () => {
    const { verdict } = judge(timed({ "0.125": 0.4, "0.25": 0.6, "0.5": 0.9 }, fine));
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.worse" });
    expect(verdict.evidence.metrics.map(({ metric }) => metric)).toEqual([
      "errors",
      "latency > 125 ms",
      "latency > 250 ms",
      "latency > 500 ms",
    ]);
  });

  test("the same sample again, or an older one, changes nothing", () => {
    const samples = steady(100, 0.02, 0.01);
    const once = judge(samples);
    expect(judge([...samples, samples.at(-1)!, samples[3]!])).toEqual(once);
  });

  test("a gap of one version costs its interval, and both are compared over the same time after it", () => {
    const samples = steady(100, 0.02, 0.02);
    const gap = samples.map((one, i) => (i === 4 ? { ...one, canary: null } : one));
    const merged = samples.filter((_, i) => i !== 4);
    expect(judge(gap).verdict.evidence.eValue).toBe(judge(merged).verdict.evidence.eValue);
  });

  test("the state is plain data: stored and read again it goes on as before, and it does not grow", () => {
    const policy = policyFor({ steps });
    const samples = steady(2000, 0.011, 0.01);
    let stored = start(policy);
    let kept = start(policy);
    let sizeHalfWay = 0;
    for (const [i, one] of samples.entries()) {
      stored = JSON.parse(JSON.stringify(observe(stored, one, policy).state));
      kept = observe(kept, one, policy).state;
      if (i === 100) sizeHalfWay = JSON.stringify(kept).length;
    }
    expect(stored).toEqual(JSON.parse(JSON.stringify(kept)));
    expect(JSON.stringify(kept).length).toBeLessThan(sizeHalfWay * 1.05);
  });

  test("a billion requests, and none at all, are no trouble", () => {
    const huge = [0, 1, 2].map((i) =>
      sample(100 * i, counters(i * 1e9, i * 5e8), counters(i * 1e9, i * 5e8)),
    );
    const { evidence } = judge(huge).verdict;
    expect(Number.isFinite(evidence.eValue)).toBe(true);
    expect(evidence.metrics[0]!.ratio!.estimate).toBeCloseTo(1, 6);
    const none = [0, 1, 2].map((i) => sample(100 * i, counters(0), counters(0)));
    expect(judge(none).verdict.reasonCode).toBe("judge.too-little-traffic");
  });
});

describe("bad input", () => {
  test("a version whose counters are not numbers, infinite or negative has no data", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      const samples = steady(100, 0, 0);
      const last = samples.at(-1)!;
      for (const key of ["requests", "errors"] as const) {
        const { state, verdict } = judge([
          ...samples.slice(0, -1),
          { ...last, canary: { ...last.canary!, [key]: bad } },
        ]);
        expect(verdict).toMatchObject({ verdict: "hold", reasonCode: "judge.no-data" });
        // The next good reading is compared with the last good one: nothing is lost.
        expect(observe(state, { ...last, t: 110 }, policyFor({ steps })).state.sums.canary.requests).toBe(
          500,
        );
      }
    }
  });

  test("a clock that is set back stops the judge's time and loses no counts", () => {
    const samples = steady(300, 0.01, 0.01);
    const back = samples.map((one, i) => (i > 15 ? { ...one, t: Math.max(0, one.t - 86_400) } : one));
    const { state, verdict } = judge(back);
    expect(state.sums).toEqual(judge(samples).state.sums);
    expect(verdict.t).toBe(150);
  });

  test("a clock that jumps a day ahead is one long interval: the counts decide, the exact test stops", () => {
    const bad = steady(300, 0.05, 0.005).map((one, i) => (i > 15 ? { ...one, t: one.t + 86_400 } : one));
    const { verdict } = judge(bad);
    expect(verdict.verdict).toBe("rollback");
    const fine = steady(300, 0.01, 0.01).map((one, i) => (i > 15 ? { ...one, t: one.t + 86_400 } : one));
    expect(judge(fine).verdict.evidence.metrics[0]!.exactTest!.stoppedBy).toBe("step-held");
  });

  test("more failures than requests are all of them", () => {
    const { state } = judge([
      sample(0, counters(0), counters(0)),
      sample(10, counters(10, 30), counters(90, 1)),
    ]);
    expect(state.sums.canary).toMatchObject({ requests: 10, errors: 10 });
  });

  test("a latency objective has its edge compared", () => {
    const histogram = (n: number) => ({
      "0.05": 0.5 * n,
      "0.1": 0.8 * n,
      "0.25": 0.9 * n,
      "0.5": n,
      "1": n,
      "2.5": n,
    });
    const samples = steady(60, 0, 0).map((one) => ({
      ...one,
      canary: counters(one.canary!.requests, 0, histogram(one.canary!.requests)),
      baseline: counters(one.baseline!.requests, 0, histogram(one.baseline!.requests)),
    }));
    const names = (latencyObjectiveMilliseconds?: number) =>
      judge(
        samples,
        policyFor({ steps, ...(latencyObjectiveMilliseconds ? { latencyObjectiveMilliseconds } : {}) }),
      )
        .verdict.evidence.metrics.slice(1)
        .map(({ metric }) => metric);
    expect(names()).toEqual(["latency > 50 ms", "latency > 250 ms", "latency > 500 ms", "latency > 1000 ms"]);
    expect(names(2000)).toEqual([
      "latency > 50 ms",
      "latency > 250 ms",
      "latency > 500 ms",
      "latency > 2500 ms",
    ]);
  });
});
