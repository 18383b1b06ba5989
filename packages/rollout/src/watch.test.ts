import { policyFor, watchGuards } from "@sluice/judge";
import { type MetricSource, MetricsAway, type OnProgress } from "@sluice/ports";
import { memoryMetrics } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { minutes, Scenario } from "./testing/scenario.ts";
import { type WatchOptions, watchServices } from "./watch.ts";
import type { WatchedService } from "./watch-look.ts";

const policy = {
  ...policyFor({ checkSeconds: 30, threshold: 2, reference: { errorRatio: 0.002, p99Milliseconds: 20 } }),
};

/** A watch of 1.0.0 for a quarter of an hour. */
const watch = (
  scenario: Scenario,
  service: Partial<WatchedService> = { policy: { ...policy, guards: [...policy.guards, ...watchGuards] } },
  more: Partial<WatchOptions> = {},
) =>
  watchServices({
    ...scenario.surroundings,
    services: [
      {
        ...{ name: "shop", version: "1.0.0", policy },
        metrics: memoryMetrics(scenario.environment, scenario.clock, () => scenario.isMetricsAway),
        ...service,
      },
    ],
    seconds: minutes(15),
    sampleSeconds: 10,
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
    const run = watch(scenario, undefined, { signal: controller.signal });
    await scenario.clock.sleep(1000 * minutes(3));
    controller.abort(new Error("SIGINT"));
    const result = await run;
    expect(result.status).toBe("cancelled");
    expect(result.details.seconds).toBeLessThan(minutes(4));
  });

  describe("with an objective", () => {
    const objective = { availability: 99.9, windowSeconds: 30 * 86_400 };

    test("ends when errors use up its budget too fast, far below every other bound (C26)", async () => {
      const scenario = await Scenario.withOld({ behaviour: { "1.0.0": { errorRatio: 0.03 } } });
      const result = await watch(scenario, { objective });
      expect(result).toMatchObject({ status: "failed", reasonCode: "watch.burning", breached: ["shop"] });
      expect(result.summary).toMatch(/error budget \(99\.9% over 30d\) burns > 14\.4x in 1h: (29|30|31)/);
      expect(result.details.seconds).toBeLessThan(60);
      expect(result.verdicts.shop).toMatchObject({ verdict: "rollback", reasonCode: "watch.burning" });
    });

    test("is not ended by errors that the budget has room for", async () => {
      const scenario = await Scenario.withOld({ behaviour: { "1.0.0": { errorRatio: 0.0005 } } });
      expect((await watch(scenario, { objective })).status).toBe("succeeded");
    });
  });

  describe("that a person asks for something", () => {
    const asked = async (kind: "abort" | "halt" | "promote", rollout = "watch/shop/1.0.0") => {
      const scenario = await Scenario.withOld();
      const run = watch(scenario, { requestId: "watch/shop/1.0.0" });
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

  describe("with alerts", () => {
    const guarded = policyFor({ checkSeconds: 30, threshold: 2, hasAlerts: true });
    /** Alerts that fire from a moment of the watch on. */
    const firing = (scenario: Scenario, from: number, names: string[]) => {
      const begin = scenario.clock.now() + 1000 * from;
      return { firing: async () => (scenario.clock.now() >= begin ? names : []) };
    };

    test("ends when a critical one begins to fire, and names it (R273, R313)", async () => {
      const scenario = await Scenario.withOld();
      const alerts = firing(scenario, minutes(5), ["CheckoutDown"]);
      const result = await watch(scenario, { policy: guarded, alerts });
      expect(result).toMatchObject({
        status: "failed",
        reasonCode: "judge.alert-firing",
        breached: ["shop"],
      });
      expect(result.summary).toContain("CheckoutDown");
      expect(result.details.seconds).toBeLessThan(minutes(7));
    });

    test("is not ended by one that fired before the release; it is by one that the release set off before the watch", async () => {
      const scenario = await Scenario.withOld();
      const alerts = firing(scenario, 0, ["DiskFull"]);
      expect((await watch(scenario, { policy: guarded, alerts })).status).toBe("succeeded");
      const known = { policy: guarded, alerts, alertsBefore: ["DiskFull"] };
      expect((await watch(scenario, known)).status).toBe("succeeded");
      expect((await watch(scenario, { ...known, alertsBefore: [] })).reasonCode).toBe("judge.alert-firing");
    });

    test("goes on when nobody can tell which fire, and says so once", async () => {
      const scenario = await Scenario.withOld();
      const warnings: string[] = [];
      const alerts = { firing: () => Promise.reject(new MetricsAway("http://alerts", "HTTP 502")) };
      const onProgress: OnProgress = (said) => said.type === "warning" && warnings.push(said.text);
      expect((await watch(scenario, { policy: guarded, alerts }, { onProgress })).status).toBe("succeeded");
      expect(warnings).toEqual([expect.stringContaining("HTTP 502")]);
    });
  });

  test("ends at a bound on what the service says of itself (R286, R278)", async () => {
    const scenario = await Scenario.withOld();
    const counters = memoryMetrics(scenario.environment, scenario.clock);
    const metrics: MetricSource = {
      async read(...asked) {
        const { canary, ...reading } = await counters.read(...asked);
        const events = { declined: { events: canary!.requests / 20, total: canary!.requests } };
        return { ...reading, canary: { ...canary!, events, gauges: { memory: 97 } } };
      },
    };
    const bound = { comparison: ">" as const, value: 4 };
    const declined = { ...bound, text: "declined > 4%", metric: "events" as const, name: "declined" };
    const memory = { ...bound, text: "memory > 90%", metric: "memory" as const, value: 90 };
    for (const [condition, text] of [
      [declined, "declined > 4%"],
      [memory, "memory > 90%"],
    ] as const) {
      const guarded = policyFor({ checkSeconds: 30, threshold: 2, conditions: [condition] });
      const result = await watch(scenario, { policy: { ...guarded, events: [] }, metrics });
      expect(result).toMatchObject({ status: "failed", reasonCode: "judge.guard-breached" });
      expect(result.summary).toContain(text);
    }
  });

  test("ends when somebody else has begun to change the services", async () => {
    const scenario = await Scenario.withOld();
    const until = scenario.clock.now() + 1000 * minutes(3);
    const isOverBecause = async () => (scenario.clock.now() >= until ? "Run 7 is at work." : null);
    const result = await watch(scenario, undefined, { isOverBecause });
    expect(result).toMatchObject({ status: "succeeded", reasonCode: "watch.quiet" });
    expect(result.summary).toMatch(/ended after 18\d s.* Run 7 is at work\./);
  });
});
