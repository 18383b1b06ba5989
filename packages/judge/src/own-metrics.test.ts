import { describe, expect, test } from "vitest";
import { type Bound, policyFor } from "./policy.ts";
import { judge, steady, steps } from "./testing/samples.ts";

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

  test("one that has the name of what every object has is missing where nobody counts it (R286)", () => {
    const policy = policyFor({ steps, events: [{ name: "constructor" }] });
    const without = steady(600, 0.01, 0.01).map((one) => ({
      ...one,
      canary: { ...one.canary!, events: {} },
      baseline: { ...one.baseline!, events: {} },
    }));
    const { verdict } = judge(without, policy);
    expect(verdict).toMatchObject({ verdict: "hold", reasonCode: "judge.metric-missing" });
    const appears = { constructor: { events: 1, total: 9 } };
    const last = without.at(-1)!;
    const next = { ...last, t: last.t + 10, canary: { ...last.canary, events: appears } };
    const { state } = judge([...without, next], policy);
    expect(state.sums.canary.events).toEqual({ constructor: { events: 0, total: 0 } });
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
