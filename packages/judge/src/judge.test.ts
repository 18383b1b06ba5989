import { type Counters, type Sample, Verdict } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { conclude, observe, start } from "./judge.ts";
import { type Bound, type Policy, policyFor } from "./policy.ts";
import type { Context, JudgeState } from "./state.ts";

const steps = [
  { weight: 5, pauseSeconds: 600 },
  { weight: 25, pauseSeconds: 600 },
  { weight: 50, pauseSeconds: 900 },
];
const counters = (requests: number, errors = 0, latency: Record<string, number> = {}): Counters => ({
  requests,
  errors,
  latency: { ...latency, "+Inf": requests },
});
const sample = (t: number, canary: Counters | null, baseline: Counters | null, weight = 5): Sample => ({
  t,
  weight,
  canary,
  baseline,
});

/** All samples one after the other; the verdict of the last. */
function judge(samples: readonly Sample[], policy: Policy = policyFor({ steps }), context: Context = {}) {
  let state: JudgeState = start(policy);
  let verdict = conclude(state, policy, context);
  for (const one of samples) ({ state, verdict } = observe(state, one, policy, context));
  expect(() => Verdict.parse(verdict)).not.toThrow();
  return { state, verdict };
}

/** A canary and a baseline with steady ratios, one sample every ten seconds. */
const steady = (
  seconds: number,
  canary: number,
  baseline: number,
  requests = { canary: 50, baseline: 950 },
) =>
  Array.from({ length: seconds / 10 + 1 }, (_, i) =>
    sample(
      10 * i,
      counters(i * requests.canary, Math.round(i * requests.canary * canary)),
      counters(i * requests.baseline, Math.round(i * requests.baseline * baseline)),
    ),
  );

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
    let sizeEarly = 0;
    for (const [i, one] of samples.entries()) {
      stored = JSON.parse(JSON.stringify(observe(stored, one, policy).state));
      kept = observe(kept, one, policy).state;
      if (i === 50) sizeEarly = JSON.stringify(kept).length;
    }
    expect(stored).toEqual(JSON.parse(JSON.stringify(kept)));
    expect(JSON.stringify(kept).length).toBeLessThan(sizeEarly * 1.2);
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

describe("guards", () => {
  const rate = (value: number): Bound => ({
    text: `error_rate > ${value}%`,
    metric: "error_rate",
    comparison: ">",
    value,
  });
  const p99 = (value: number): Bound => ({
    text: `latency_p99 > ${value}ms`,
    metric: "latency",
    percentile: 99,
    comparison: ">",
    value,
  });
  const up: Bound = { text: "availability < 99.9%", metric: "availability", comparison: "<", value: 99.9 };
  const options = { steps, checkSeconds: 60, threshold: 3 };
  /** Only the new version, so that nothing is compared and the guards alone decide. */
  const alone = (seconds: number, ratio: number) =>
    steady(seconds, ratio, 0, { canary: 500, baseline: 0 }).map((one) => ({ ...one, baseline: null }));
  const context = { hasBaseline: false };

  test("a condition that holds in enough checks in a row ends the release (R348, R351, C07)", () => {
    const policy = policyFor({ ...options, conditions: [rate(1)] });
    const samples = alone(300, 0.03);
    expect(judge(samples.slice(0, 8), policy, context).verdict).toMatchObject({
      verdict: "hold",
      reasonCode: "judge.gate-exceeded",
    });
    const { verdict } = judge(samples, policy, context);
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.guard-breached" });
    expect(verdict.evidence.decidedBy).toBe("error_rate > 1%");
    expect(verdict.evidence.guards[0]).toMatchObject({ band: "rollback", isBreached: true, value: 3 });
  });

  test("a bound on latency is read from the histogram (R272, R349)", () => {
    const policy = policyFor({ ...options, conditions: [p99(100)], latencyEdges: [] });
    const samples = Array.from({ length: 31 }, (_, i) =>
      sample(
        10 * i,
        counters(100 * i, 0, { "0.1": 90 * i, "0.5": 100 * i }),
        counters(900 * i, 0, { "0.1": 900 * i, "0.5": 900 * i }),
      ),
    );
    const { verdict } = judge(samples, policy);
    expect(verdict.reasonCode).toBe("judge.guard-breached");
    expect(verdict.evidence.guards[0]!.value).toBeCloseTo(460, 0);
  });

  test("availability is the share of replicas found ready (R350, R352, C09)", () => {
    const policy = policyFor({ ...options, conditions: [up] });
    const samples = steady(300, 0, 0);
    expect(judge(samples, policy, { health: { ready: 4, desired: 4 } }).verdict.verdict).toBe("promote");
    const { verdict } = judge(samples, policy, { health: { ready: 3, desired: 4 } });
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.guard-breached" });
    expect(verdict.evidence.guards[0]!.value).toBe(75);
  });

  test("a bound that both versions breach holds, and is not held against the canary", () => {
    const policy = policyFor({ ...options, conditions: [rate(1)] });
    const { verdict } = judge(steady(600, 0.2, 0.2, { canary: 500, baseline: 9500 }), policy);
    expect(verdict).toMatchObject({ verdict: "hold", reasonCode: "judge.both-bad" });
  });

  test("one request alone never breaches a bound: the check waits for enough", () => {
    const policy = policyFor({ ...options, conditions: [rate(1)] });
    const samples = Array.from({ length: 60 }, (_, i) =>
      sample(10 * i, counters(i, i > 2 ? 1 : 0), counters(100 * i)),
    );
    expect(judge(samples, policy).verdict.evidence.guards[0]).toMatchObject({
      value: null,
      isBreached: false,
    });
  });

  test("a configured condition replaces the default of its metric only (R351, R352, C09)", () => {
    const conditions = (own: Bound[]) =>
      policyFor({ conditions: own }).guards.map((guard) => guard.bound.text);
    expect(conditions([])).toEqual(["error_rate > 5%", "availability < 99%"]);
    expect(conditions([rate(1)])).toEqual(["error_rate > 1%", "availability < 99%"]);
    expect(conditions([up])).toEqual(["availability < 99.9%", "error_rate > 5%"]);
  });

  test("an alert calls a person and holds, and never rolls back by itself (R276, C07)", () => {
    const policy = policyFor({ ...options, conditions: [rate(90)], alerts: [rate(5)] });
    const { verdict } = judge(alone(600, 0.1), policy, context);
    expect(verdict).toMatchObject({ verdict: "hold", evidence: { decidedBy: "error_rate > 5%" } });
    expect(verdict.sentence).toContain("A person should look");
  });

  test("an increase is measured against the time before the release (R346, R347)", () => {
    const policy: Policy = {
      ...policyFor({ ...options, reference: { errorRatio: 0.01, p99Milliseconds: 100 } }),
      guards: [{ bound: rate(50), band: "rollback", threshold: 1, isIncrease: true }],
    };
    expect(judge(alone(240, 0.013), policy, context).verdict.verdict).not.toBe("rollback");
    expect(judge(alone(240, 0.02), policy, context).verdict.verdict).toBe("rollback");
  });
});

describe("the exact test beside the e-process", () => {
  test("has half of alpha where the rollout is planned, and says where it stands", () => {
    const { verdict } = judge(steady(600, 0.01, 0.01));
    const [errors] = verdict.evidence.metrics;
    // Without a histogram the errors have all of alpha: 1 % less the guard for cold starts, half of that.
    expect(errors!.share).toBe(1);
    expect(errors!.exactTest).toMatchObject({ alpha: 0.00425, isReached: false, stoppedBy: null });
    expect(errors!.exactTest!.spent).toBeLessThanOrEqual(0.00425 * (600 / 2100) ** 4 + 1e-9);
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

describe("metrics of one's own", () => {
  const policyWith = (metric: object) =>
    policyFor({ steps, events: [{ name: "checkout", ...metric }], checkSeconds: 60, threshold: 5 });
  /** Ten failed requests in a thousand in both versions, and checkouts beside them. */
  const shopping = (canary: number, baseline: number) =>
    steady(600, 0.01, 0.01).map((one, i) => ({
      ...one,
      canary: {
        ...one.canary!,
        events: { checkout: { events: Math.round(20 * i * canary), total: 20 * i } },
      },
      baseline: {
        ...one.baseline!,
        events: { checkout: { events: Math.round(380 * i * baseline), total: 380 * i } },
      },
    }));

  test("failures of them that grow end the release, by their name (R286, R356)", () => {
    const { verdict } = judge(shopping(0.5, 0.1), policyWith({ worse: "higher" }));
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.worse" });
    expect(verdict.evidence.decidedBy).toBe("checkout");
    expect(verdict.sentence).toContain("`checkout` is worse in the new version");
  });

  test("successes that become fewer do so too, and more of them do not (R286)", () => {
    const policy = policyWith({ worse: "lower" });
    expect(judge(shopping(0.5, 0.9), policy).verdict.evidence.decidedBy).toBe("checkout");
    expect(judge(shopping(0.99, 0.9), policy).verdict.verdict).not.toBe("rollback");
  });

  test("each has a tolerance of its own", () => {
    const verdictWith = (tolerance: number) =>
      judge(shopping(0.2, 0.1), policyWith({ tolerance })).verdict.verdict;
    expect(verdictWith(1)).toBe("rollback");
    expect(verdictWith(3)).not.toBe("rollback");
  });

  test("shares of alpha: half for the errors, the rest alike for the others", () => {
    const { verdict } = judge(shopping(0.1, 0.1), policyWith({}));
    const shares = Object.fromEntries(verdict.evidence.metrics.map(({ metric, share }) => [metric, share]));
    // There is no histogram, so the errors have the quarter of latency too.
    expect(shares).toEqual({ errors: 0.75, checkout: 0.25 });
  });

  test("one that a version does not have: hold, end the release after enough checks, or go on (R286)", () => {
    const without = shopping(0.1, 0.1).map((one, i) => ({
      ...one,
      canary: i > 20 ? { ...one.canary!, events: {} } : one.canary,
    }));
    const held = judge(without, policyWith({ noData: "hold" })).verdict;
    expect(held).toMatchObject({ verdict: "hold", reasonCode: "judge.metric-missing" });
    expect(held.sentence).toContain("no `checkout` of the new version");
    expect(held.evidence.metrics.find(({ metric }) => metric === "checkout")!.missing).toEqual(["canary"]);
    expect(judge(without, policyWith({ noData: "promote" })).verdict.reasonCode).not.toBe(
      "judge.metric-missing",
    );
    const fail = policyWith({ noData: "fail" });
    expect(judge(without.slice(0, 50), fail).verdict.verdict).toBe("hold");
    expect(judge(without, fail).verdict).toMatchObject({
      verdict: "rollback",
      reasonCode: "judge.metric-missing",
      evidence: { interval: { from: 210, to: 600 } },
    });
  });

  test("a gate on one of them is in percent of its total", () => {
    const gate: Bound = {
      text: "checkout > 20%",
      metric: "events",
      name: "checkout",
      comparison: ">",
      value: 20,
    };
    const policy = policyFor({
      steps,
      gates: [gate],
      checkSeconds: 60,
      events: [{ name: "checkout", tolerance: 9 }],
    });
    const { verdict } = judge(shopping(0.3, 0.1).slice(0, 10), policy);
    expect(verdict).toMatchObject({ verdict: "hold", reasonCode: "judge.gate-exceeded" });
    expect(verdict.evidence.guards[0]!.value).toBeCloseTo(30, 0);
  });
});

describe("guards of the surroundings", () => {
  const cpu: Bound = { text: "cpu > 90%", metric: "cpu", comparison: ">", value: 90 };
  const withGauges = (canary: number, baseline: number) =>
    steady(600, 0.01, 0.01).map((one) => ({
      ...one,
      canary: { ...one.canary!, gauges: { cpu: canary } },
      baseline: { ...one.baseline!, gauges: { cpu: baseline } },
    }));

  test("processor time above its limit calls a person, on the mean of each check (R278, R281)", () => {
    const policy = policyFor({ steps, alerts: [cpu] });
    const { verdict } = judge(withGauges(95, 40), policy);
    expect(verdict).toMatchObject({ verdict: "hold", evidence: { decidedBy: "cpu > 90%" } });
    expect(verdict.evidence.guards.at(-1)).toMatchObject({ band: "page", value: 95 });
    const spike = withGauges(50, 40).map((one, i) =>
      i === 30 ? { ...one, canary: { ...one.canary!, gauges: { cpu: 100 } } } : one,
    );
    expect(judge(spike, policy).verdict.verdict).not.toBe("hold");
  });

  test("saturation that both versions share is not the release's (R281)", () => {
    expect(judge(withGauges(95, 97), policyFor({ steps, conditions: [cpu] })).verdict.reasonCode).toBe(
      "judge.both-bad",
    );
  });

  test("a latency of more than twice the old version's calls a person (R277)", () => {
    const p95: Bound = {
      text: "latency_p95 > 2x",
      metric: "latency",
      percentile: 95,
      comparison: ">",
      value: 2,
      isRelative: true,
    };
    const slow = (p95Canary: string) =>
      Array.from({ length: 13 }, (_, i) => {
        const histogram = (n: number, edge: string) => ({ "0.05": 0.9 * n, [edge]: n });
        return sample(
          10 * i,
          counters(100 * i, 0, histogram(100 * i, p95Canary)),
          counters(900 * i, 0, histogram(900 * i, "0.1")),
        );
      });
    const policy = policyFor({ steps, latencyEdges: [], alerts: [p95] });
    const { verdict } = judge(slow("0.4"), policy);
    expect(verdict).toMatchObject({ verdict: "hold", evidence: { decidedBy: "latency_p95 > 2x" } });
    // p95 by interpolation: 50 + 350/2 = 225 ms against 50 + 50/2 = 75 ms
    expect(verdict.evidence.guards.at(-1)!.value).toBeCloseTo(3, 9);
    expect(judge(slow("0.15"), policy).verdict.verdict).toBe("promote");
  });

  test("replicas that are not ready in more than so many looks in a row end the release at once (R345, C10)", () => {
    const health: Bound = {
      text: "health_failures > 3",
      metric: "health_failures",
      comparison: ">",
      value: 3,
    };
    const policy = policyFor({ steps, conditions: [health], checkSeconds: 10 });
    const looks = (unready: number) =>
      steady(200, 0, 0).map((one, i) => ({
        ...one,
        replicas: { ready: i >= 5 && i < 5 + unready ? 2 : 3, desired: 3 },
      }));
    expect(judge(looks(3), policy).verdict.verdict).toBe("promote");
    const at = looks(4).slice(0, 9);
    expect(judge(at, policy).verdict).toMatchObject({
      verdict: "rollback",
      reasonCode: "judge.guard-breached",
      evidence: { decidedBy: "health_failures > 3" },
    });
  });

  const alerting = (...firing: (string[] | null)[]) =>
    steady(600, 0, 0).map((one, i) => ({ ...one, alerts: firing[Math.min(i, firing.length - 1)]! }));
  const alerted = policyFor({ steps, hasAlerts: true, checkSeconds: 60, threshold: 3 });

  test("a critical alert that begins to fire holds, and ends the release after enough checks (R273, R353)", () => {
    const samples = alerting([], ["Errors"]);
    expect(judge(samples.slice(0, 8), alerted).verdict).toMatchObject({
      verdict: "hold",
      reasonCode: "judge.alert-firing",
      evidence: { alerts: ["Errors"] },
    });
    const { verdict } = judge(samples, alerted);
    expect(verdict).toMatchObject({ verdict: "rollback", reasonCode: "judge.alert-firing" });
    expect(verdict.sentence).toContain("`Errors` began to fire");
  });

  test("one that fired before holds the release and is not held against it (R273)", () => {
    const { verdict } = judge(alerting(["Disk"]), alerted);
    expect(verdict).toMatchObject({
      verdict: "hold",
      reasonCode: "judge.alert-firing",
      evidence: { alerts: [] },
    });
    expect(verdict.sentence).toContain("before the release");
  });

  test("alerts that cannot be read are not silence", () => {
    expect(judge(alerting(null), alerted).verdict).toMatchObject({
      verdict: "hold",
      reasonCode: "judge.metrics-away",
    });
    expect(judge(alerting([]), alerted).verdict.verdict).toBe("promote");
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
    expect(names()).toEqual(["latency > 50 ms", "latency > 100 ms", "latency > 250 ms", "latency > 500 ms"]);
    expect(names(2000)).toEqual([
      "latency > 50 ms",
      "latency > 100 ms",
      "latency > 250 ms",
      "latency > 2500 ms",
    ]);
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
