import { policyFor } from "@sluice/judge";
import { describe, expect, test } from "vitest";
import { minutes, specFor } from "../testing/scenario.ts";
import {
  after,
  asks,
  loadOf,
  manualSteps,
  reached,
  readingsOf,
  sharesOf,
  story,
  world,
} from "../testing/world.ts";

const manual = (to: string) => specFor("canary", to, { steps: manualSteps(5, 50) });

describe("a rollout that a person ends", () => {
  test("AR-01 an abort at a pause brings the old version back; the retry reaches the same pause and is promoted", async () => {
    const scenario = await world();
    const first = scenario.run(manual("1.1.0"));
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "promote");
    await reached(scenario, "1.1.0", 50);
    asks(scenario, "abort", { reason: "The totals look wrong." });
    expect(await first).toMatchObject({ status: "rolled_back", reasonCode: "deploy.aborted" });
    expect(scenario.state).toMatchObject({ stable: "1.0.0", rollout: null, weights: { "1.0.0": 100 } });
    expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 4, ready: 4 } });
    expect(story(scenario)).toEqual([
      "rollout.started",
      'weights {"1.0.0":95,"1.1.0":5}',
      "promote obeyed",
      'weights {"1.0.0":50,"1.1.0":50}',
      "abort obeyed",
      'weights {"1.0.0":100}',
      "rolled_back deploy.aborted",
    ]);

    scenario.events.length = 0;
    const retry = scenario.run(manual("1.1.0"));
    for (const weight of [5, 50]) {
      await reached(scenario, "1.1.0", weight);
      asks(scenario, "promote");
    }
    expect(await retry).toMatchObject({ status: "succeeded", reasonCode: "deploy.promoted" });
    expect(story(scenario)).toEqual([
      "rollout.started",
      'weights {"1.0.0":95,"1.1.0":5}',
      "promote obeyed",
      'weights {"1.0.0":50,"1.1.0":50}',
      "promote obeyed",
      'weights {"1.1.0":100}',
      "succeeded deploy.promoted",
    ]);
  });

  test("AR-02 a full promotion at a manual pause leaves out the steps and every later reading", async () => {
    const scenario = await world();
    const run = scenario.run(manual("1.1.0"));
    await reached(scenario, "1.1.0", 5);
    await after(scenario, 60);
    asks(scenario, "promote-full");
    const readings = readingsOf(scenario);
    const result = await run;
    expect(result).toMatchObject({ status: "succeeded", reasonCode: "deploy.promoted" });
    expect(result.message).toContain("ada");
    expect(sharesOf(scenario, "1.1.0")).toEqual([5, 100]);
    // The look that finds the request may have read the counters before.
    expect(readingsOf(scenario)).toBeLessThanOrEqual(readings + 1);
  });

  test("AR-02 a full promotion in the middle of the analysis does not wait for its end", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 25);
    asks(scenario, "promote-full");
    expect((await run).status).toBe("succeeded");
    expect(sharesOf(scenario, "1.1.0")).toEqual([5, 25, 100]);
    expect(scenario.state).toMatchObject({ stable: "1.1.0", versions: { "1.1.0": { ready: 4 } } });
  });

  test("AR-02 a full promotion that comes after an abort does not stop the abort; the next run is promoted by one", async () => {
    const scenario = await world({ drainSeconds: 20 });
    const run = scenario.run(manual("1.1.0"));
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "abort");
    await after(scenario, 6);
    expect(scenario.state.rollout?.phase).toBe("aborting");
    asks(scenario, "promote-full");
    expect(await run).toMatchObject({ status: "rolled_back", reasonCode: "deploy.aborted" });
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 } });
    expect(story(scenario)).not.toContain("promote-full obeyed");

    const again = scenario.run(manual("1.1.0"));
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "promote-full");
    expect((await again).status).toBe("succeeded");
  });

  test("AR-03 a blue-green that is fully promoted does not last its test duration", async () => {
    const scenario = await world();
    const spec = specFor("bluegreen", "1.1.0", {
      bluegreen: {
        switchSteps: [{ weight: 20, pauseSeconds: minutes(30) }],
        testDurationSeconds: minutes(30),
      },
    });
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 20);
    asks(scenario, "promote-full");
    const result = await run;
    expect(result).toMatchObject({ status: "succeeded", reasonCode: "deploy.promoted" });
    expect(result.seconds).toBeLessThan(minutes(2));
    expect(sharesOf(scenario, "1.1.0")).toEqual([20, 100]);
  });
});

describe("an abort", () => {
  test("AR-16 ends the new version only when the traffic has left it", async () => {
    const scenario = await world({ lagSeconds: 5 });
    const run = scenario.run(manual("1.1.0"));
    await reached(scenario, "1.1.0", 5);
    const before = scenario.environment.effects.length;
    asks(scenario, "abort");
    await run;
    const effects = scenario.environment.effects
      .slice(before)
      .filter((effect) => !/^re(cord|quest)/.test(effect));
    expect(effects).toEqual(['weights {"1.0.0":100}', "remove 1.1.0"]);
  });

  test("AR-16 without a split of the traffic, as in a rolling deployment, brings the old replicas back first", async () => {
    const scenario = await world();
    const load = loadOf(scenario);
    const run = scenario.run(specFor("rolling", "1.1.0", { rolling: { pauseSeconds: 60 } }));
    await reached(scenario, "1.1.0", 75);
    expect(scenario.state.versions["1.0.0"]!.desired).toBeLessThan(4);
    asks(scenario, "abort");
    expect((await run).status).toBe("rolled_back");
    expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 4, ready: 4 } });
    expect(Math.max(...Object.values(load))).toBeLessThanOrEqual(1.01);
  });

  test("AR-16 that is followed at once by another try starts the new version again, when its old replicas are gone", async () => {
    const scenario = await world({ drainSeconds: 20 });
    const controller = new AbortController();
    const first = scenario.run(specFor("canary", "1.1.0"), { signal: controller.signal });
    await reached(scenario, "1.1.0", 5);
    controller.abort();
    await after(scenario, 4);
    const second = scenario.run(specFor("canary", "1.1.0"));
    expect((await first).status).toBe("cancelled");
    expect((await second).status).toBe("succeeded");
    expect(scenario.state.versions).toEqual({ "1.1.0": { desired: 4, ready: 4 } });
  });

  test("AR-18 gives the old version only what its ready replicas can bear, until all of them are back", async () => {
    const scenario = await world();
    scenario.environment.behave("1.0.0", { startSeconds: 40 });
    const load = loadOf(scenario);
    const spec = specFor("rolling", "1.1.0", { rolling: { pauseSeconds: 120 } });
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 75);
    await after(scenario, 30);
    asks(scenario, "abort");
    await after(scenario, 20);
    // The replicas of the old version need 40 s to start; the new one keeps the rest of the traffic so long.
    expect(scenario.state.weights["1.1.0"]).toBeGreaterThanOrEqual(50);
    expect((await run).status).toBe("rolled_back");
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
    expect(Math.max(...Object.values(load))).toBeLessThanOrEqual(1.01);
  });

  test("AR-18 a rolling deployment that ends well scales the old version down as the new one grows", async () => {
    const scenario = await world();
    const load = loadOf(scenario);
    const desired: number[] = [];
    scenario.environment.afterCall = () => {
      const old = scenario.environment.observe().versions.find(({ version }) => version === "1.0.0");
      if (old && old.desired !== desired.at(-1)) desired.push(old.desired);
    };
    expect((await scenario.run(specFor("rolling", "1.1.0"))).status).toBe("succeeded");
    expect(desired).toEqual([4, 3, 2, 1, 0]);
    expect(Math.max(...Object.values(load))).toBeLessThanOrEqual(1.01);
  });
});

describe("a release that was rolled back", () => {
  const bad = { "1.1.0": { errorRatio: 0.2 } };

  test("FL-02 fails again when it is tried again, and goes out when its cause is gone", async () => {
    const scenario = await world({ behaviour: bad });
    const options = { policy: policyFor({ steps: specFor("canary", "x").steps ?? [] }) };
    for (let n = 0; n < 2; n++) {
      const result = await scenario.run(specFor("canary", "1.1.0"), options);
      expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.rolled-back" });
      expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 }, rollout: null });
    }
    // What failed was a database, not the release: the same version, tried again, is good.
    scenario.environment.behave("1.1.0", {});
    expect((await scenario.run(specFor("canary", "1.1.0"), options)).status).toBe("succeeded");
  });

  test("FL-02 asking for the version that serves starts no rollout", async () => {
    const scenario = await world({ behaviour: bad });
    await scenario.run(specFor("canary", "1.1.0"));
    const { calls } = scenario.environment;
    const result = await scenario.run(specFor("canary", "1.0.0"));
    expect(result).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    expect(scenario.environment.calls).toBe(calls);
  });
});
