/** What takes a release back: each trigger of the documents by its number, during the rollout or in the watch after it. */
import { type Bound, policyFor, watchGuards } from "@sluice/judge";
import type { OperatorRequest } from "@sluice/ports";
import { memoryMetrics } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { minutes, Scenario, specFor } from "./testing/scenario.ts";
import { watchServices } from "./watch.ts";

type Options = NonNullable<Parameters<typeof Scenario.withOld>[0]>;
const bound = (text: string, rest: Omit<Bound, "text">): Bound => ({ text, ...rest });
const errorRate = (percent: number) =>
  bound(`error_rate > ${percent}%`, { metric: "error_rate", comparison: ">", value: percent });
const availability = (percent: number) =>
  bound(`availability < ${percent}%`, { metric: "availability", comparison: "<", value: percent });

/** A canary of 1.1.0 beside 1.0.0 that is judged by these conditions alone: both versions are equally good otherwise. */
async function canary(conditions: readonly Bound[], options: Options) {
  const scenario = await Scenario.withOld({ requestsPerSecond: 500, ...options });
  const spec = specFor("canary", "1.1.0");
  const policy = policyFor({ steps: spec.steps ?? [], conditions, threshold: 2, checkSeconds: 30 });
  const result = await scenario.run(spec, { policy });
  return { scenario, result };
}

/** A watch over 1.0.0, for which it was otherwise before: half of a percent of errors and 20 ms. */
async function watched(options: Options) {
  const scenario = await Scenario.withOld({ requestsPerSecond: 2000, ...options });
  const reference = { errorRatio: 0.005, p99Milliseconds: 25 };
  const policy = policyFor({ checkSeconds: 30, threshold: 2, reference });
  return watchServices({
    ...scenario.surroundings,
    services: [
      {
        ...{ name: "shop", version: "1.0.0" },
        policy: { ...policy, guards: [...policy.guards, ...watchGuards] },
        metrics: memoryMetrics(scenario.environment, scenario.clock),
      },
    ],
    seconds: minutes(15),
    sampleSeconds: 10,
  });
}

/** All traffic is on the old version, and nothing is left of the new one. */
const expectBack = (scenario: Scenario) =>
  expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 }, rollout: null });

describe("a release is taken back by itself", () => {
  test("when its health checks fail again and again while it has traffic (R345)", async () => {
    const { scenario, result } = await canary([], {
      behaviour: { "1.1.0": { diesAfterSeconds: 90, reason: "exit status 3" } },
    });
    expect(["rolled_back", "failed"]).toContain(result.status);
    expect(result.reasonCode).toMatch(/^deploy\.(crashed|unhealthy|rolled-back)$/);
    expectBack(scenario);
  });

  test("when errors are half as many again as before the release (R346)", async () => {
    const result = await watched({ behaviour: { "1.0.0": { errorRatio: 0.0085 } } });
    expect(result.status).toBe("failed");
    expect(result.summary).toContain("error_rate increase > 50%");
  });

  test("when it takes twice the time (R347)", async () => {
    const result = await watched({ behaviour: { "1.0.0": { latencySeconds: 0.2 } } });
    expect(result.status).toBe("failed");
    expect(result.summary).toContain("latency_p99 increase > 100%");
  });

  test.each([
    ["more than 1 % of errors, where that is configured (R348)", [errorRate(1)], { errorRatio: 0.02 }],
    ["more than 5 % of errors, where nothing is (R351)", [], { errorRatio: 0.08 }],
    [
      "a 99th percentile above a second (R349)",
      [bound("latency_p99 > 1000ms", { metric: "latency", percentile: 99, comparison: ">", value: 1000 })],
      { latencySeconds: 2 },
    ],
  ] as [string, Bound[], Options["behaviour"] extends Record<string, infer B> | undefined ? B : never][])(
    "for %s",
    async (_, conditions, behaviour) => {
      const { scenario, result } = await canary(conditions, { behaviour: { "1.1.0": behaviour } });
      expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.rolled-back" });
      expectBack(scenario);
    },
  );

  test.each([
    ["99.9 % available, where that is configured (R350)", [availability(99.9)]],
    ["99 % available, where nothing is (R352)", []],
  ] as [string, Bound[]][])("when it is less than %s", async (_, conditions) => {
    const { scenario, result } = await canary(conditions, {
      behaviour: { "1.1.0": { diesAfterSeconds: 45, startSeconds: 5 } },
    });
    expect(["rolled_back", "failed"]).toContain(result.status);
    expectBack(scenario);
  });

  test("when a test of it fails before it has any traffic (R355, R357)", async () => {
    const scenario = await Scenario.withOld();
    const result = await scenario.run(specFor("bluegreen", "1.1.0"), {
      beforeSwitch: async () => {
        throw new Error("smoke: the cart is empty");
      },
    });
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.test-failed" });
    expect(result.message).toContain("the cart is empty");
    expectBack(scenario);
  });

  test("each service by bounds of its own (R358)", async () => {
    const behaviour = { "1.0.0": { errorRatio: 0.02 }, "1.1.0": { errorRatio: 0.02 } };
    const lenient = await canary([errorRate(5)], { behaviour });
    expect(lenient.result.status).toBe("succeeded");
    const worse = { "1.1.0": { errorRatio: 0.02 } };
    const strict = await canary([errorRate(1)], { behaviour: worse });
    expect(strict.result.status).toBe("rolled_back");
  });
});

describe("a person takes a release back", () => {
  test.each([
    ["customers complain (R354)", "three customers cannot pay"],
    ["a smoke test failed somewhere else (R355)", "the nightly smoke test fails"],
    ["the numbers are wrong, although nothing fails (R356)", "totals are without tax"],
  ])("as %s; the reason is recorded", async (_, reason) => {
    const scenario = await Scenario.withOld();
    const spec = specFor("canary", "1.1.0");
    const run = scenario.run(spec);
    await scenario.clock.sleep(1000 * minutes(3));
    const request: OperatorRequest = {
      ...{ rollout: spec.id, kind: "abort", step: 0, by: "anna", at: scenario.clock.now(), reason },
    };
    scenario.environment.apply({ type: "request", service: "shop", request });
    const result = await run;
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.aborted" });
    expect(result.message).toContain(`anna asked for the old version back: ${reason}.`);
    expectBack(scenario);
    expect(scenario.environment.traffic.lost).toBe(0);
  });
});
