import { policyFor } from "@sluice/judge";
import { describe, expect, test } from "vitest";
import { rollbackService } from "../rollback.ts";
import { minutes, specFor } from "../testing/scenario.ts";
import { after, asks, manualSteps, reached, readingsOf, sharesOf, story, world } from "../testing/world.ts";

const promoted = { status: "succeeded", reasonCode: "deploy.promoted" };
const policy = policyFor({ checkSeconds: 10, threshold: 2 });
const blue = {
  stable: "1.0.0",
  rollout: null,
  weights: { "1.0.0": 100 },
  versions: { "1.0.0": { ready: 4 } },
};
const reason = { reasonCode: "rollback.verified", sentence: "The totals are wrong." } as const;
const failing = async () => {
  throw new Error("GET /api/orders answered 500");
};

describe("blue-green", () => {
  test("AR-06 moves users from a whole blue to a whole green, in one go", async () => {
    const scenario = await world();
    const { environment } = scenario;
    const atSwitch: number[] = [];
    environment.afterCall = () => {
      if (environment.effects.at(-1)?.startsWith("weights"))
        atSwitch.push(environment.readyCount("1.0.0"), environment.readyCount("1.1.0"));
    };
    expect(await scenario.run(specFor("bluegreen", "1.1.0"))).toMatchObject(promoted);
    expect(atSwitch).toEqual([4, 4]);
    expect(sharesOf(scenario, "1.1.0")).toEqual([100]);
    expect(scenario.state.versions).toEqual({ "1.1.0": { desired: 4, ready: 4 } });
  });

  test("AR-06 keeps blue for its time after the switch, and no longer", async () => {
    const scenario = await world();
    const spec = specFor("bluegreen", "1.1.0", { keepOldForSeconds: minutes(10) });
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 100);
    await after(scenario, minutes(14));
    expect(scenario.state.versions["1.0.0"]).toEqual({ desired: 4, ready: 4 });
    expect(await run).toMatchObject(promoted);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.1.0"]);
  });

  test("AR-06 ends green when it is aborted, after the traffic", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("bluegreen", "1.1.0"));
    await reached(scenario, "1.1.0", 100);
    const before = scenario.environment.effects.length;
    asks(scenario, "abort");
    expect((await run).status).toBe("rolled_back");
    const effects = scenario.environment.effects.slice(before).filter((one) => !/^re(cord|quest)/.test(one));
    expect(effects).toEqual(['weights {"1.0.0":100}', "remove 1.1.0"]);
    expect(scenario.state).toMatchObject(blue);
  });

  test("AR-06 whose green is not ready in time is aborted: not only said to be late", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { neverReady: true } } });
    const result = await scenario.run(specFor("bluegreen", "1.1.0", { startTimeoutSeconds: 45 }));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    expect(result.seconds).toBeGreaterThanOrEqual(45);
    expect(result.seconds).toBeLessThan(60);
    expect(scenario.state).toMatchObject(blue);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.0.0"]);
  });

  test("AR-07 is followed by a canary, and a canary by it", async () => {
    const scenario = await world();
    expect(await scenario.run(specFor("bluegreen", "1.1.0"))).toMatchObject(promoted);
    expect(await scenario.run(specFor("canary", "1.2.0"))).toMatchObject(promoted);
    expect(sharesOf(scenario, "1.2.0").filter((share) => share > 0)).toEqual([5, 25, 50, 100]);
    expect(await scenario.run(specFor("bluegreen", "1.3.0"))).toMatchObject(promoted);
    expect(scenario.state.versions).toEqual({ "1.3.0": { desired: 4, ready: 4 } });
  });

  test("AR-07 that is half done is gone on with as a canary of the same version: it begins anew", async () => {
    const scenario = await world();
    await scenario.runUntilKilled(specFor("bluegreen", "1.1.0"), 2);
    expect(scenario.state.rollout).toMatchObject({ strategy: "bluegreen", to: "1.1.0" });
    const spec = specFor("canary", "1.1.0", { id: "plan-1.1.0-as-canary" });
    expect(await scenario.run(spec)).toMatchObject(promoted);
    expect(sharesOf(scenario, "1.1.0").filter((share) => share > 0)).toEqual([5, 25, 50, 100]);
  });

  test("AR-22 judges green before and after the switch; the way back in its time needs no judge", async () => {
    const scenario = await world();
    const tests: Record<string, number>[] = [];
    const beforeSwitch = async () => void tests.push(scenario.environment.readWeights());
    const spec = specFor("bluegreen", "1.1.0", { keepOldForSeconds: minutes(60) });
    const stopped = new AbortController();
    const run = scenario.run(spec, { policy, beforeSwitch, signal: stopped.signal });
    await reached(scenario, "1.1.0", 100);
    await after(scenario, minutes(10));
    expect(scenario.state.stable).toBe("1.1.0");
    stopped.abort();
    expect(await run).toMatchObject(promoted);
    expect(tests).toEqual([{ "1.0.0": 100 }]);
    const readings = readingsOf(scenario);
    expect(readings).toBeGreaterThan(20);

    const { effects } = scenario.environment;
    const before = effects.length;
    const back = await rollbackService({ ...scenario.surroundings, service: "shop", reason });
    expect(back).toMatchObject({ status: "rolled_back", to: "1.0.0" });
    expect(back.secondsUntilTrafficBack).toBeLessThan(5);
    expect(effects.slice(before).some((effect) => effect.startsWith("ensure"))).toBe(false);
    expect(readingsOf(scenario)).toBe(readings);
    expect(tests).toHaveLength(1);
  });

  test("AR-22 the earlier version as a release, while it still stands by, takes over without steps and analysis", async () => {
    const scenario = await world();
    const rollbackWindow = { revisions: 1 };
    const stopped = new AbortController();
    const spec = specFor("canary", "1.1.0", { keepOldForSeconds: minutes(60), rollbackWindow });
    const run = scenario.run(spec, { signal: stopped.signal });
    await reached(scenario, "1.1.0", 100);
    await after(scenario, 30);
    stopped.abort();
    await run;
    const readings = readingsOf(scenario);
    const back = await scenario.run(specFor("canary", "1.0.0", { rollbackWindow }));
    expect(back).toMatchObject(promoted);
    expect(back.seconds).toBeLessThan(30);
    expect(readingsOf(scenario)).toBe(readings);
    expect(scenario.state).toMatchObject(blue);
  });

  test("AR-23 whose test before the switch fails leaves blue alone", async () => {
    const scenario = await world();
    const result = await scenario.run(specFor("bluegreen", "1.1.0"), { beforeSwitch: failing });
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.test-failed" });
    expect(sharesOf(scenario, "1.1.0").every((share) => share === 0)).toBe(true);
    expect(scenario.state).toMatchObject(blue);
  });

  test("AR-23 whose green fails after the switch gives everything back to blue, which was kept whole", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("bluegreen", "1.1.0"), { policy });
    await reached(scenario, "1.1.0", 100);
    await after(scenario, 60);
    const before = scenario.environment.effects.length;
    scenario.environment.behave("1.1.0", { errorRatio: 0.3 });
    const result = await run;
    expect(result).toMatchObject({ status: "rolled_back", verdict: { reasonCode: "judge.guard-breached" } });
    expect(sharesOf(scenario, "1.1.0")).toEqual([100, 0]);
    expect(scenario.state).toMatchObject(blue);
    expect(scenario.environment.effects.slice(before).some((one) => one.startsWith("ensure"))).toBe(false);
  });

  test("AR-23 that was aborted is followed by the next release at once", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("bluegreen", "1.1.0"));
    await reached(scenario, "1.1.0", 100);
    asks(scenario, "abort");
    await run;
    const next = await scenario.run(specFor("bluegreen", "1.2.0"));
    expect(next).toMatchObject({ ...promoted, from: "1.0.0" });
    expect(scenario.state.history).toEqual(["1.2.0", "1.0.0"]);
  });

  test("AR-23 with everything at once: a test, a manual switch, a test duration, blue kept, checks", async () => {
    const scenario = await world();
    const calls: string[] = [];
    const spec = specFor("bluegreen", "1.1.0", {
      bluegreen: { switchSteps: manualSteps(50), testDurationSeconds: minutes(5) },
      keepOldForSeconds: minutes(5),
    });
    const run = scenario.run(spec, {
      policy,
      beforeSwitch: async () => void calls.push("test"),
      afterStep: async () => void calls.push(`check at ${scenario.environment.readWeights()["1.1.0"]}`),
    });
    await reached(scenario, "1.1.0", 50);
    await after(scenario, minutes(20));
    asks(scenario, "promote");
    await reached(scenario, "1.1.0", 100);
    expect(await run).toMatchObject(promoted);
    expect(calls).toEqual(["test", "check at 50", "check at 100"]);
    expect(story(scenario)).toEqual([
      "rollout.started",
      'weights {"1.0.0":50,"1.1.0":50}',
      "promote obeyed",
      'weights {"1.1.0":100}',
      "succeeded deploy.promoted",
    ]);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.1.0"]);
  });
});

describe("a check that is broken itself", () => {
  test("AR-25 ends the release: a test that cannot be run is no test that was passed", async () => {
    const scenario = await world();
    const beforeSwitch = async () => {
      throw new TypeError("smoke.sh: not found");
    };
    const result = await scenario.run(specFor("canary", "1.1.0"), { beforeSwitch });
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.test-failed" });
    expect(result.message).toContain("smoke.sh");
    expect(scenario.state).toMatchObject(blue);
  });

  test("AR-25 after the rollback is no rollback that was verified", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.2 } } });
    const verify = async () => {
      throw new Error("connect ECONNREFUSED");
    };
    const result = await scenario.run(specFor("canary", "1.1.0"), { verify });
    expect(result).toMatchObject({ status: "rollback_failed", reasonCode: "rollback.failed" });
    expect(scenario.state).toMatchObject(blue);
  });

  test("AR-25 that never ends does not hold the rollout for ever", async () => {
    for (const check of ["beforeSwitch", "afterStep"] as const) {
      const scenario = await world();
      const result = await scenario.run(specFor("canary", "1.1.0"), { [check]: () => new Promise(() => {}) });
      expect(result.reasonCode).toBe(check === "beforeSwitch" ? "deploy.test-failed" : "deploy.check-failed");
      expect(scenario.state).toMatchObject(blue);
    }
  });

  test("AR-25 that never ends, whatever it is told, does not keep a cancelled run from putting the traffic back", async () => {
    const scenario = await world();
    const cancelled = new AbortController();
    const told: unknown[] = [];
    const run = scenario.run(specFor("canary", "1.1.0"), {
      afterStep: (_url, signal) =>
        new Promise(() => signal!.addEventListener("abort", () => told.push(signal!.reason))),
      signal: cancelled.signal,
    });
    await reached(scenario, "1.1.0", 5);
    await after(scenario, minutes(11));
    const stoppedAt = scenario.clock.now();
    cancelled.abort(new Error("SIGINT"));
    expect(await run).toMatchObject({ status: "cancelled", reasonCode: "deploy.cancelled" });
    expect(told).toMatchObject([{ message: "SIGINT" }]);
    expect(scenario.clock.now() - stoppedAt).toBeLessThan(10_000);
    expect(scenario.state).toMatchObject(blue);
  });

  test("AR-25 that takes long blinds nobody meanwhile: a bad version, a dead one and an abort are not kept waiting", async () => {
    for (const event of ["bad", "dead", "abort"] as const) {
      const scenario = await world({}, { lost: 60 });
      const ended: unknown[] = [];
      const calls: string[] = [];
      const run = scenario.run(specFor("canary", "1.1.0"), {
        afterStep: (_url, signal) => {
          calls.push("check");
          signal!.addEventListener("abort", () => ended.push(signal!.reason));
          return scenario.clock.sleep(1000 * minutes(25), signal);
        },
      });
      await reached(scenario, "1.1.0", 5);
      await after(scenario, minutes(11));
      const begunAt = scenario.clock.now();
      if (event === "bad") scenario.environment.behave("1.1.0", { errorRatio: 0.2 });
      if (event === "dead") scenario.environment.behave("1.1.0", { neverReady: true });
      if (event === "abort") asks(scenario, "abort");
      expect((await run).status, event).toBe("rolled_back");
      expect(scenario.clock.now() - begunAt, event).toBeLessThan(1000 * minutes(2));
      expect(calls).toEqual(["check"]);
      expect(ended).toHaveLength(1);
      expect(scenario.state).toMatchObject(blue);
    }
  });
});

describe("the rollback window", () => {
  const rollbackWindow = { revisions: 1 };
  const withThree = async () => {
    const scenario = await world();
    for (const to of ["1.1.0", "1.2.0"]) await scenario.run(specFor("bluegreen", to), { samples: [] });
    return scenario;
  };

  test("AR-26 a version within it comes back without steps and analysis", async () => {
    const scenario = await withThree();
    const readings = readingsOf(scenario);
    const result = await scenario.run(specFor("canary", "1.1.0", { rollbackWindow, id: "back" }));
    expect(result).toMatchObject({ ...promoted, from: "1.2.0", to: "1.1.0", verdict: null });
    expect(result.seconds).toBeLessThan(60);
    expect(readingsOf(scenario)).toBe(readings);
  });

  test("AR-26 a version outside of it takes the whole way", async () => {
    const scenario = await withThree();
    const readings = readingsOf(scenario);
    const result = await scenario.run(specFor("canary", "1.0.0", { rollbackWindow, id: "back" }));
    expect(result).toMatchObject({ ...promoted, verdict: { verdict: "promote" } });
    expect(result.seconds).toBeGreaterThanOrEqual(minutes(35));
    expect(readingsOf(scenario)).toBeGreaterThan(readings + 100);
  });

  test("AR-26 a version within it that does not start any more gets no traffic", async () => {
    const scenario = await withThree();
    scenario.environment.behave("1.1.0", { neverReady: true });
    const result = await scenario.run(specFor("canary", "1.1.0", { rollbackWindow, id: "back" }));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    expect(scenario.state).toMatchObject({ stable: "1.2.0", weights: { "1.2.0": 100 } });
  });
});

describe("a check of its own after each step", () => {
  test("AR-31 runs once for each step, in the order of the steps", async () => {
    const scenario = await world();
    const checked: number[] = [];
    const afterStep = async () => void checked.push(scenario.environment.readWeights()["1.1.0"]!);
    expect(await scenario.run(specFor("canary", "1.1.0"), { afterStep })).toMatchObject(promoted);
    expect(checked).toEqual([5, 25, 50, 100]);
  });

  test("AR-31 is not run again by a second run for the steps that are over", async () => {
    const scenario = await world();
    const checked: number[] = [];
    const afterStep = async () => void checked.push(scenario.environment.readWeights()["1.1.0"]!);
    const spec = specFor("canary", "1.1.0");
    let result = null;
    for (let runs = 0; result === null && runs < 100; runs++)
      result = await scenario.runUntilKilled(spec, 3, { afterStep });
    expect(result).toMatchObject(promoted);
    // The run may be killed between the check and the record that the step is over: then it is made once more.
    expect([...new Set(checked)]).toEqual([5, 25, 50, 100]);
    expect(checked).toEqual(checked.toSorted((a, b) => a - b));
  });

  test("AR-31 that fails takes back what the steps before it did, in one go", async () => {
    const scenario = await world();
    const afterStep = async () => {
      if (scenario.environment.readWeights()["1.1.0"] === 50) await failing();
    };
    const result = await scenario.run(specFor("canary", "1.1.0"), { afterStep });
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.check-failed" });
    expect(sharesOf(scenario, "1.1.0")).toEqual([5, 25, 50, 0]);
    expect(scenario.state).toMatchObject(blue);
  });

  test("AR-31 is left out where there is none, and where the steps are left out", async () => {
    const scenario = await world();
    const checked: number[] = [];
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(5, 50) }), {
      afterStep: async () => void checked.push(scenario.environment.readWeights()["1.1.0"]!),
    });
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "promote-full");
    expect(await run).toMatchObject(promoted);
    expect(checked).not.toContain(50);
    expect((await scenario.run(specFor("canary", "1.2.0"))).status).toBe("succeeded");
  });
});
