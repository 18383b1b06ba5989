import { policyFor } from "@sluice/judge";
import { type AlertSource, MetricsAway } from "@sluice/ports";
import { memoryMetrics } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { canarySteps, minutes, Scenario, specFor } from "./testing/scenario.ts";

const policy = policyFor({ steps: canarySteps, hasAlerts: true, threshold: 3 });
const spec = specFor("canary", "1.1.0", { maxHoldSeconds: minutes(5) });
const verdicts = (scenario: Scenario) =>
  scenario.events.flatMap((event) => (event.type === "rollout.verdict" ? [event.data.reasonCode] : []));

/** Alerts by the virtual time of a scenario, in seconds since the rollout began. */
function alertsAt(scenario: Scenario, firing: (seconds: number) => string[] | null): AlertSource {
  const began = scenario.clock.now();
  return {
    async firing() {
      const names = firing((scenario.clock.now() - began) / 1000);
      if (names === null) throw new MetricsAway("http://prometheus:9090/api/v1/alerts", "status 503");
      return names;
    },
  };
}

describe("critical alerts during a canary (R273, R353)", () => {
  test("one that begins to fire and goes on is the end of the release", async () => {
    const scenario = await Scenario.withOld();
    const alerts = alertsAt(scenario, (seconds) => (seconds > 120 ? ["HighErrorRate"] : []));
    const result = await scenario.run(spec, { policy, alerts });
    expect(result).toMatchObject({
      status: "rolled_back",
      verdict: { reasonCode: "judge.alert-firing", evidence: { alerts: ["HighErrorRate"] } },
    });
    expect(result.seconds).toBeLessThan(minutes(7));
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 } });
  });

  test("one that fired before holds the step until it is over, and the release is good", async () => {
    const scenario = await Scenario.withOld();
    const alerts = alertsAt(scenario, (seconds) => (seconds < minutes(12) ? ["DiskFull"] : []));
    const result = await scenario.run(spec, { policy, alerts });
    expect(result.status).toBe("succeeded");
    expect(result.seconds).toBeGreaterThan(minutes(37));
    expect(verdicts(scenario)).toContain("judge.alert-firing");
  });

  test("alerts that cannot be read hold the step, and say nothing against the release", async () => {
    const scenario = await Scenario.withOld();
    const result = await scenario.run(spec, { policy, alerts: alertsAt(scenario, () => null) });
    expect(result.status).toBe("inconclusive");
    expect(result.verdict?.reasonCode).toBe("judge.metrics-away");
    expect(scenario.state.weights).toEqual({ "1.0.0": 95, "1.1.0": 5 });
  });

  test("a bad release is found all the same while they cannot be read", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { errorRatio: 0.05 } } });
    const result = await scenario.run(spec, { policy, alerts: alertsAt(scenario, () => null) });
    expect(result).toMatchObject({ status: "rolled_back", verdict: { reasonCode: "judge.worse" } });
  });

  test("what fired is kept with the sample, so that a run that takes over knows what fired before", async () => {
    const scenario = await Scenario.withOld();
    const alerts = alertsAt(scenario, () => ["DiskFull"]);
    await scenario.runUntilKilled(spec, 40, { policy, alerts });
    const samples = scenario.events.flatMap((event) => (event.type === "rollout.sample" ? [event.data] : []));
    expect(samples.length).toBeGreaterThan(0);
    expect(
      samples.every((sample) => sample.alerts?.[0] === "DiskFull" && sample.replicas !== undefined),
    ).toBe(true);
  });
});

describe("a clock that is set back during a canary", () => {
  test("loses no counts: a bad release is still found", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { errorRatio: 0.05 } } });
    const metrics = memoryMetrics(scenario.environment, scenario.clock, () => false);
    const jumping: typeof metrics = {
      async read(...call) {
        const reading = await metrics.read(...call);
        return { ...reading, at: reading.at - 86_400_000 };
      },
    };
    const result = await scenario.run(spec, { metrics: jumping });
    expect(result).toMatchObject({ status: "rolled_back", verdict: { reasonCode: "judge.worse" } });
  });
});
