import { describe, expect, test } from "vitest";
import { type Bound, type Policy, policyFor } from "./policy.ts";
import { counters, judge, sample, steady, steps } from "./testing/samples.ts";

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

  test("what decided began with the new alert, not with the one that fired before it", () => {
    const samples = steady(600, 0, 0).map((one) => ({
      ...one,
      alerts: one.t < 300 ? ["Disk"] : ["Disk", "Errors"],
    }));
    const { verdict } = judge(samples, alerted);
    expect(verdict).toMatchObject({ verdict: "rollback", evidence: { alerts: ["Errors"] } });
    expect(verdict.evidence.interval).toEqual({ from: 240, to: verdict.t });
  });

  test("alerts that cannot be read are not silence", () => {
    expect(judge(alerting(null), alerted).verdict).toMatchObject({
      verdict: "hold",
      reasonCode: "judge.metrics-away",
    });
    expect(judge(alerting([]), alerted).verdict.verdict).toBe("promote");
  });
});
