import { policyFor, watchGuards } from "@sluice/judge";
import { memoryMetrics } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { minutes, Scenario } from "./testing/scenario.ts";
import { type WatchOptions, watchServices } from "./watch.ts";

const policy = {
  ...policyFor({ checkSeconds: 30, threshold: 2, reference: { errorRatio: 0.002, p99Milliseconds: 20 } }),
};

const watch = (scenario: Scenario, more: Partial<WatchOptions> = {}) =>
  watchServices({
    ...scenario.surroundings,
    services: [
      { name: "shop", version: "1.0.0", policy: { ...policy, guards: [...policy.guards, ...watchGuards] } },
    ],
    seconds: minutes(15),
    sampleSeconds: 10,
    metrics: memoryMetrics(scenario.environment, scenario.clock, () => scenario.isMetricsAway),
    ...more,
  });

describe("the watch after a release", () => {
  test("lasts its time when nothing is wrong, and says what was seen (R288, R291, R312, C26)", async () => {
    const scenario = await Scenario.withOld();
    const result = await watch(scenario);
    expect(result).toMatchObject({ status: "succeeded", breached: [] });
    expect(result.details.seconds).toBe(minutes(15));
    expect(result.details.services[0]).toMatchObject({ name: "shop", requests: 90_000, errors: 0 });
  });

  test("ends at a breach of an absolute bound, and names the service (R313, R351)", async () => {
    const scenario = await Scenario.withOld();
    const run = watch(scenario);
    await scenario.clock.sleep(1000 * minutes(5));
    scenario.environment.behave("1.0.0", { errorRatio: 0.2 });
    const result = await run;
    expect(result).toMatchObject({
      status: "failed",
      reasonCode: "judge.guard-breached",
      breached: ["shop"],
    });
    expect(result.details.seconds).toBeLessThan(minutes(7));
  });

  test("ends when errors are half as many again as before the release (R292, R299, R335, R341, R346)", async () => {
    const scenario = await Scenario.withOld({
      requestsPerSecond: 2000,
      behaviour: { "1.0.0": { errorRatio: 0.004 } },
    });
    const result = await watch(scenario);
    expect(result.status).toBe("failed");
    expect(result.summary).toContain("error_rate increase > 50%");
  });

  test("ends when the time doubled (R299, R335, R341, R347)", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.0.0": { latencySeconds: 0.2 } } });
    expect((await watch(scenario)).summary).toContain("latency_p99 increase > 100%");
  });

  test("ends when no replica is ready", async () => {
    const scenario = await Scenario.withOld();
    scenario.environment.behave("1.0.0", { neverReady: true });
    expect(await watch(scenario)).toMatchObject({ status: "failed", breached: ["shop"] });
  });

  test("is not ended by metrics that are away for a while, and inconclusive when they always were", async () => {
    const scenario = await Scenario.withOld();
    scenario.isMetricsAway = true;
    expect(await watch(scenario)).toMatchObject({ status: "inconclusive", reasonCode: "judge.metrics-away" });
    const run = watch(scenario);
    await scenario.clock.sleep(1000 * minutes(3));
    scenario.isMetricsAway = false;
    expect((await run).status).toBe("succeeded");
  });

  test("stops when the run is stopped", async () => {
    const scenario = await Scenario.withOld();
    const controller = new AbortController();
    const run = watch(scenario, { signal: controller.signal });
    await scenario.clock.sleep(1000 * minutes(3));
    controller.abort(new Error("SIGINT"));
    const result = await run;
    expect(result.status).toBe("cancelled");
    expect(result.details.seconds).toBeLessThan(minutes(4));
  });

  describe("with an objective", () => {
    const objective = { availability: 99.9, windowSeconds: 30 * 86_400 };
    const service = { name: "shop", version: "1.0.0", policy, objective };

    test("ends when errors use up its budget too fast, far below every other bound (C26)", async () => {
      const scenario = await Scenario.withOld({ behaviour: { "1.0.0": { errorRatio: 0.03 } } });
      const result = await watch(scenario, { services: [service] });
      expect(result).toMatchObject({ status: "failed", reasonCode: "watch.burning", breached: ["shop"] });
      expect(result.summary).toMatch(/error budget \(99\.9% over 30d\) burns > 14\.4x in 1h: (29|30|31)/);
      expect(result.details.seconds).toBeLessThan(60);
      expect(result.verdicts.shop).toMatchObject({ verdict: "rollback", reasonCode: "watch.burning" });
    });

    test("is not ended by errors that the budget has room for", async () => {
      const scenario = await Scenario.withOld({ behaviour: { "1.0.0": { errorRatio: 0.0005 } } });
      expect((await watch(scenario, { services: [service] })).status).toBe("succeeded");
    });
  });

  describe("that a person asks for something", () => {
    const asked = async (kind: "abort" | "halt" | "promote", rollout = "watch/shop/1.0.0") => {
      const scenario = await Scenario.withOld();
      const service = { name: "shop", version: "1.0.0", policy, requestId: "watch/shop/1.0.0" };
      const run = watch(scenario, { services: [service] });
      await scenario.clock.sleep(1000 * minutes(2));
      const request = { rollout, kind, step: 0, by: "anna", at: 1, reason: "users call" };
      scenario.environment.apply({ type: "request", service: "shop", request });
      return { scenario, result: await run };
    };

    test("goes back when it is asked to, within seconds, and says who asked and why (R292, R354, R356)", async () => {
      const { scenario, result } = await asked("abort");
      expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.aborted", breached: ["shop"] });
      expect(result.summary).toContain("anna asked for the version before 1.0.0 back: users call.");
      expect(result.details.seconds).toBeLessThan(minutes(2) + 15);
      expect(scenario.environment.observe().request).toBeNull();
      expect(scenario.events).toContainEqual(
        expect.objectContaining({ type: "rollout.request", data: expect.objectContaining({ obeyed: true }) }),
      );
    });

    test.each(["halt", "promote"] as const)(
      "ends without a word against the version for a %s",
      async (kind) => {
        const { result } = await asked(kind);
        expect(result).toMatchObject({
          status: "succeeded",
          reasonCode: "watch.ended-by-request",
          breached: [],
        });
      },
    );

    test("does nothing about a request that is for somebody else", async () => {
      const { result } = await asked("abort", "watch/shop/0.9.0");
      expect(result.reasonCode).toBe("watch.quiet");
    });
  });

  test("ends when somebody else has begun to change the services", async () => {
    const scenario = await Scenario.withOld();
    const until = scenario.clock.now() + 1000 * minutes(3);
    const isOverBecause = async () => (scenario.clock.now() >= until ? "Run 7 is at work." : null);
    const result = await watch(scenario, { isOverBecause });
    expect(result).toMatchObject({ status: "succeeded", reasonCode: "watch.quiet" });
    expect(result.summary).toMatch(/ended after 18\d s.* Run 7 is at work\./);
  });
});
