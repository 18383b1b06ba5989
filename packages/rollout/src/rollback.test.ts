import { describe, expect, test } from "vitest";
import { type RollbackOptions, rollbackService } from "./rollback.ts";
import { minutes, Scenario, specFor } from "./testing/scenario.ts";

const reason = { reasonCode: "rollback.verified", sentence: "Customers reported wrong totals." } as const;

const back = (scenario: Scenario, more: Partial<RollbackOptions> = {}) =>
  rollbackService({
    ...scenario.surroundings,
    service: "shop",
    reason,
    verify: async () => ({ isHealthy: true, message: "" }),
    ...more,
  });

/** 1.0.0, then 1.1.0, both promoted. */
async function withTwo() {
  const scenario = await Scenario.withOld();
  await scenario.run(specFor("bluegreen", "1.1.0"));
  return scenario;
}

describe("a rollback", () => {
  test("goes to the version before, which is verified (R360, R369, R372, R380, R382, R383)", async () => {
    const scenario = await withTwo();
    const verified: string[] = [];
    const result = await back(scenario, {
      verify: async (version) => {
        verified.push(version);
        return { isHealthy: true, message: "" };
      },
    });
    expect(result).toMatchObject({ status: "rolled_back", from: "1.1.0", to: "1.0.0" });
    expect(result.secondsUntilTrafficBack).toBeLessThan(10);
    expect(verified).toEqual(["1.0.0"]);
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 }, rollout: null });
    expect(scenario.environment.violations).toEqual([]);
    expect(scenario.environment.traffic.lost).toBe(0);
  });

  test("to a named version that ran before (R362)", async () => {
    const scenario = await withTwo();
    await scenario.run(specFor("bluegreen", "1.2.0"), { samples: [] });
    const result = await back(scenario, { to: "1.0.0" });
    expect(result).toMatchObject({ status: "rolled_back", from: "1.2.0", to: "1.0.0" });
  });

  test("to a version that never ran here is refused, with those that did", async () => {
    const scenario = await withTwo();
    const calls = scenario.environment.calls;
    await expect(back(scenario, { to: "0.9.0" })).rejects.toMatchObject({
      reasonCode: "rollback.never-ran",
      message: expect.stringContaining("1.1.0, 1.0.0"),
    });
    expect(scenario.environment.calls).toBe(calls);
  });

  test("without an earlier version is refused", async () => {
    await expect(back(await Scenario.withOld())).rejects.toMatchObject({ reasonCode: "rollback.no-target" });
    await expect(back(new Scenario())).rejects.toMatchObject({ reasonCode: "rollback.no-target" });
  });

  test("to what runs already does nothing", async () => {
    const scenario = await withTwo();
    expect(await back(scenario, { to: "1.1.0" })).toMatchObject({ status: "skipped" });
  });

  test("of a rollout that is half done aborts it, traffic first (R365, R367, R371)", async () => {
    const scenario = await Scenario.withOld();
    await scenario.runUntilKilled(specFor("canary", "1.1.0"), 9);
    const effects = scenario.environment.effects.length;
    const result = await back(scenario);
    expect(result).toMatchObject({ status: "rolled_back", from: "1.1.0", to: "1.0.0" });
    expect(scenario.environment.effects.slice(effects)).toEqual([
      expect.stringContaining("record aborting"),
      'weights {"1.0.0":100}',
      "remove 1.1.0",
      "record nothing",
    ]);
  });

  test("while the old version stands by takes it as it is: nothing has to start", async () => {
    const scenario = await Scenario.withOld();
    const spec = specFor("bluegreen", "1.1.0", { keepOldForSeconds: minutes(60) });
    const controller = new AbortController();
    const run = scenario.run(spec, { signal: controller.signal });
    await scenario.clock.sleep(1000 * minutes(10));
    controller.abort();
    expect((await run).status).toBe("succeeded");
    const effects = scenario.environment.effects.length;
    const result = await back(scenario);
    expect(result).toMatchObject({ status: "rolled_back", to: "1.0.0" });
    expect(result.secondsUntilTrafficBack).toBeLessThan(5);
    expect(scenario.environment.effects.slice(effects).some((effect) => effect.startsWith("ensure"))).toBe(
      false,
    );
  });

  test("that cannot be verified has failed, and says why (C40, R381)", async () => {
    const scenario = await withTwo();
    const result = await back(scenario, {
      verify: async () => {
        throw new Error("connect ECONNREFUSED");
      },
    });
    expect(result.status).toBe("rollback_failed");
    expect(result.message).toContain("ECONNREFUSED");
  });

  test("to a version that does not start any more has failed, and the one that runs keeps its traffic", async () => {
    const scenario = await withTwo();
    scenario.environment.behave("1.0.0", { neverReady: true, reason: "exit status 3" });
    const result = await back(scenario, { startTimeoutSeconds: 30 });
    expect(result).toMatchObject({ status: "rollback_failed", secondsUntilTrafficBack: null });
    expect(result.message).toContain("exit status 3");
    expect(scenario.state).toMatchObject({ stable: "1.1.0", weights: { "1.1.0": 100 } });
    expect(scenario.environment.traffic.lost).toBe(0);
  });

  test("to a version that dies with the traffic on it goes back to the one that ran, which is verified", async () => {
    const scenario = await withTwo();
    scenario.environment.behave("1.0.0", { diesAfterSeconds: 3 });
    const verified: string[] = [];
    const verify = async (version: string) => {
      verified.push(version);
      return { isHealthy: version === "1.1.0", message: `${version} was looked at` };
    };
    const result = await back(scenario, { verify });
    expect(result).toMatchObject({ status: "rollback_failed", to: "1.0.0" });
    expect(verified).toEqual(["1.1.0"]);
    expect(scenario.state).toMatchObject({ stable: "1.1.0", weights: { "1.1.0": 100 }, rollout: null });
  });

  test("that is killed after any side effect is ended by the next run", async () => {
    const whole = await withTwo();
    const start = whole.environment.calls;
    await back(whole);
    const calls = whole.environment.calls - start;
    for (let n = 1; n <= calls; n++) {
      const scenario = await withTwo();
      scenario.environment.killAfter = scenario.environment.calls + n;
      await expect(back(scenario)).rejects.toThrow("killed");
      scenario.environment.revive();
      if (scenario.state.rollout !== null) {
        const result = await back(scenario);
        expect(result, `after call ${n}`).toMatchObject({ status: "rolled_back", to: "1.0.0" });
      }
      expect(scenario.state, `after call ${n}`).toEqual(whole.state);
      expect(scenario.environment.violations).toEqual([]);
      expect(scenario.environment.traffic.lost).toBe(0);
    }
  });
});
