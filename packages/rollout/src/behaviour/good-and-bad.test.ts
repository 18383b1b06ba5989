import { describe, expect, test } from "vitest";
import { canarySteps, minutes, type Scenario, specFor, version } from "../testing/scenario.ts";
import {
  after,
  asks,
  emptyWorld,
  manualSteps,
  reached,
  readingsOf,
  sharesOf,
  story,
  world,
} from "../testing/world.ts";

const old = { "1.0.0": { desired: 4, ready: 4 } };
const broken = { neverReady: true, reason: "exit status 1" };

/** Replicas that are ready, and those that are not, of all versions together. */
function replicas(scenario: Scenario): { ready: number; unready: number } {
  const all = scenario.environment.observe().versions.flatMap((one) => one.replicas);
  const ready = all.filter(({ isReady }) => isReady).length;
  return { ready, unready: all.length - ready };
}

describe("a version that does not start", () => {
  test("AR-04 costs the old version none of its replicas, and a second one takes its place", async () => {
    const scenario = await world({ behaviour: { "1.1.0": broken, "1.2.0": broken } });
    const first = new AbortController();
    const run = scenario.run(specFor("rolling", "1.1.0"), { signal: first.signal });
    await after(scenario, 20);
    expect(replicas(scenario)).toEqual({ ready: 4, unready: 1 });
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
    first.abort();
    expect((await run).status).toBe("cancelled");

    const second = scenario.run(specFor("rolling", "1.2.0"));
    await after(scenario, 20);
    expect(replicas(scenario)).toEqual({ ready: 4, unready: 1 });
    expect(Object.keys(scenario.state.versions)).toEqual(["1.0.0", "1.2.0"]);
    expect(await second).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    expect(scenario.state).toMatchObject({ stable: "1.0.0", versions: old });
  });

  test.each(["canary", "rolling", "bluegreen"] as const)(
    "AR-05 is followed by one that does: bad to good, %s",
    async (strategy) => {
      const scenario = await world({ behaviour: { "1.1.0": broken } });
      await scenario.runUntilKilled(specFor(strategy, "1.1.0"), 2);
      expect(scenario.state.rollout?.to).toBe("1.1.0");
      const result = await scenario.run(specFor(strategy, "1.2.0"));
      expect(result).toMatchObject({ status: "succeeded", from: "1.0.0", to: "1.2.0" });
      expect(scenario.state.versions).toEqual({ "1.2.0": { desired: 4, ready: 4 } });
      expect(sharesOf(scenario, "1.1.0").every((share) => share === 0)).toBe(true);
    },
  );

  test("AR-05 is followed by another that does not: the old one still serves", async () => {
    const scenario = await world({ behaviour: { "1.1.0": broken, "1.2.0": broken } });
    await scenario.runUntilKilled(specFor("canary", "1.1.0"), 2);
    expect((await scenario.run(specFor("canary", "1.2.0"))).reasonCode).toBe("deploy.unhealthy");
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 }, versions: old });
  });

  test("AR-05 is not waited for when a person ends it", async () => {
    const scenario = await world({ behaviour: { "1.1.0": broken } });
    const run = scenario.run(specFor("canary", "1.1.0", { startTimeoutSeconds: minutes(30) }));
    await after(scenario, 20);
    asks(scenario, "abort");
    const result = await run;
    expect(result).toMatchObject({ status: "cancelled", reasonCode: "deploy.aborted" });
    expect(result.seconds).toBeLessThan(60);
    expect(scenario.state.versions).toEqual(old);
  });
});

describe("what is asked for", () => {
  test("AR-08 and cannot be done is refused before anything happens; corrected, it goes out", async () => {
    const scenario = await world();
    const steps = [
      { weight: 50, pauseSeconds: 60 },
      { weight: 20, pauseSeconds: 60 },
    ];
    const refused = scenario.run(specFor("canary", "1.1.0", { steps }));
    await expect(refused).rejects.toMatchObject({ reasonCode: "deploy.weights-invalid" });
    expect(scenario.environment.calls).toBe(0);
    const corrected = await scenario.run(specFor("canary", "1.1.0", { steps: steps.toReversed() }));
    expect(corrected.status).toBe("succeeded");
  });

  test("AR-13 is another version in another number: both change together, and no sooner than the step", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0", { version: version("1.1.0", 8) }));
    await reached(scenario, "1.1.0", 5);
    expect(scenario.state.versions).toEqual({ ...old, "1.1.0": { desired: 1, ready: 1 } });
    expect((await run).status).toBe("succeeded");
    expect(scenario.state.versions).toEqual({ "1.1.0": { desired: 8, ready: 8 } });
  });

  test("AR-13 is the version that serves, in another number: only the number changes", async () => {
    const scenario = await world();
    const result = await scenario.run(specFor("canary", "1.0.0", { version: version("1.0.0", 6) }));
    expect(result).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 6, ready: 6 } });
    expect(scenario.environment.effects).toEqual(["ensure 1.0.0 x6", "stable 1.0.0"]);
  });

  test("AR-13 is the version that serves, configured otherwise: that is refused, as it would come unjudged", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.0.0", {
      version: { ...version("1.0.0"), environment: { COLOUR: "green" } },
    });
    const result = await scenario.run(spec);
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.configuration-differs" });
    expect(result.message).toContain("Give the release a version of its own");
    expect(scenario.environment.effects).toEqual([]);
    expect((await scenario.run(specFor("canary", "1.0.0"))).message).toBe("shop runs 1.0.0 already.");
  });
});

describe("releases that follow one another", () => {
  test("AR-17 a third one takes the place of the second, which is waiting, and is compared with the first", async () => {
    const scenario = await world();
    const steps = manualSteps(50);
    const waiting = new AbortController();
    const second = scenario.run(specFor("canary", "1.1.0", { steps }), { signal: waiting.signal });
    await reached(scenario, "1.1.0", 50);
    waiting.abort();
    await second;
    const third = scenario.run(specFor("canary", "1.2.0", { steps }));
    await reached(scenario, "1.2.0", 50);
    expect(scenario.state.weights).toEqual({ "1.0.0": 50, "1.2.0": 50 });
    expect(Object.keys(scenario.state.versions)).toEqual(["1.0.0", "1.2.0"]);
    asks(scenario, "promote");
    expect(await third).toMatchObject({ status: "succeeded", from: "1.0.0" });
    expect(scenario.state.history).toEqual(["1.2.0", "1.0.0"]);
  });

  test("AR-17 also when the run of the second was killed without a word", async () => {
    const scenario = await world();
    const calls = 8;
    await scenario.runUntilKilled(specFor("canary", "1.1.0"), calls);
    expect(scenario.state.weights["1.1.0"]).toBe(5);
    expect((await scenario.run(specFor("canary", "1.2.0"))).status).toBe("succeeded");
    expect(scenario.state.history).toEqual(["1.2.0", "1.0.0"]);
  });

  test("KR-02 one version after the other goes out, each compared with the one before it", async () => {
    const scenario = await world();
    for (const [from, to] of [
      ["1.0.0", "1.1.0"],
      ["1.1.0", "1.2.0"],
      ["1.2.0", "1.3.0"],
    ] as const)
      expect(await scenario.run(specFor("canary", to))).toMatchObject({
        ...{ status: "succeeded", from, to },
        verdict: { verdict: "promote" },
      });
    expect(scenario.state.history).toEqual(["1.3.0", "1.2.0", "1.1.0", "1.0.0"]);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.3.0"]);
  });

  test("FL-01 the first, a canary, a blue-green, and one that only testers see at first", async () => {
    const scenario = emptyWorld();
    expect(await scenario.run(specFor("canary", "1.0.0"))).toMatchObject({ status: "succeeded", from: null });
    expect(readingsOf(scenario)).toBe(0);
    const { closed } = scenario.environment.traffic;
    expect((await scenario.run(specFor("canary", "1.1.0"))).status).toBe("succeeded");
    expect((await scenario.run(specFor("bluegreen", "1.2.0"))).status).toBe("succeeded");
    const tested = specFor("canary", "1.3.0", {
      steps: [{ weight: 100, pauseSeconds: 0 }],
      darkLaunch: { pauseSeconds: minutes(5) },
      routing: { testers: { header: "x-tester", value: "yes" } },
    });
    expect((await scenario.run(tested)).status).toBe("succeeded");
    expect(scenario.state).toMatchObject({ stable: "1.3.0", weights: { "1.3.0": 100 } });
    expect(scenario.environment.readRouting()).toBeNull();
    expect(scenario.environment.traffic.closed).toBe(closed);
  });

  test("KR-03 the way back at 20 % is the same release in the other direction: 1.0.0 is asked for and serves at once", async () => {
    const scenario = await world();
    const steps = [{ weight: 20, pauseSeconds: minutes(10) }, ...canarySteps.slice(1)];
    const killed = new AbortController();
    const run = scenario.run(specFor("canary", "1.1.0", { steps }), { signal: killed.signal });
    await reached(scenario, "1.1.0", 20);
    killed.abort();
    await run;
    const back = await scenario.run(specFor("canary", "1.0.0", { steps }));
    expect(back).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    expect(back.seconds).toBeLessThan(30);
    expect(scenario.state).toMatchObject({ stable: "1.0.0", rollout: null, versions: old });
  });

  test("KR-03 also when the run at 20 % was killed: the version that is trusted takes everything back", async () => {
    const scenario = await world();
    const steps = [{ weight: 20, pauseSeconds: minutes(10) }];
    await scenario.runUntilKilled(specFor("canary", "1.1.0", { steps }), 8);
    expect(scenario.state.weights["1.1.0"]).toBe(20);
    const back = await scenario.run(specFor("canary", "1.0.0", { steps }));
    expect(back).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    expect(back.seconds).toBeLessThan(30);
    expect(scenario.state).toMatchObject({ stable: "1.0.0", rollout: null, versions: old });
    expect(story(scenario)).not.toContain("rolled_back deploy.superseded");
  });
});
