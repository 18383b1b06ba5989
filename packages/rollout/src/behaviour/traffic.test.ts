import { describe, expect, test } from "vitest";
import { minutes, type Scenario, specFor, version } from "../testing/scenario.ts";
import { after, asks, loadOf, manualSteps, reached, sharesOf, world } from "../testing/world.ts";

const promoted = { status: "succeeded", reasonCode: "deploy.promoted" };
const back = {
  ...{ stable: "1.0.0", rollout: null, weights: { "1.0.0": 100 } },
  versions: { "1.0.0": { desired: 4, ready: 4 } },
};

/** Share of the new version in what users asked for over some time, in percent. */
async function observedShare({ environment, clock }: Scenario, seconds: number): Promise<number> {
  const count = () => {
    environment.settle();
    return ["1.0.0", "1.1.0"].map((one) => environment.traffic.countersOf(one)?.requests ?? 0);
  };
  const before = count();
  await clock.sleep(1000 * seconds);
  const [old = 0, canary = 0] = count().map((requests, i) => requests - before[i]!);
  return (100 * canary) / (old + canary);
}

describe("the way back", () => {
  test.each([
    ["rolling", 25],
    ["rolling", 50],
    ["rolling", 75],
    ["rolling", 100],
    ["canary", 5],
    ["canary", 50],
    ["bluegreen", 100],
  ] as const)(
    "AR-15 from a %s at %i percent gives no version more than its ready replicas bear",
    async (strategy, weight) => {
      const scenario = await world();
      const load = loadOf(scenario);
      const run = scenario.run(specFor(strategy, "1.1.0", { rolling: { pauseSeconds: 60 } }));
      await reached(scenario, "1.1.0", weight);
      await after(scenario, 10);
      scenario.environment.behave("1.0.0", { startSeconds: 20 });
      asks(scenario, "abort");
      expect((await run).status).toBe("rolled_back");
      expect(Math.max(...Object.values(load))).toBeLessThanOrEqual(1.01);
      expect(scenario.state).toMatchObject(back);
    },
  );

  test("AR-15 waits with the rest when the old version lost a replica meanwhile, and takes it when that is back", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("rolling", "1.1.0", { rolling: { pauseSeconds: 60 } }));
    await reached(scenario, "1.1.0", 50);
    await after(scenario, 10);
    scenario.environment.behave("1.0.0", { startSeconds: 90 });
    asks(scenario, "abort");
    await after(scenario, 20);
    // Two old replicas are there, two more are starting: half of the traffic is theirs so long.
    expect(scenario.state.weights).toEqual({ "1.0.0": 50, "1.1.0": 50 });
    expect((await run).status).toBe("rolled_back");
    expect(scenario.state).toMatchObject(back);
  });
});

describe("the split of the traffic", () => {
  test("AR-27 is what the step says, to the request, in every step", async () => {
    const scenario = await world();
    const weights = [1, 10, 33, 50, 90];
    const steps = manualSteps(...weights);
    const run = scenario.run(specFor("canary", "1.1.0", { steps }));
    for (const weight of weights) {
      await reached(scenario, "1.1.0", weight);
      expect(await observedShare(scenario, 60)).toBeCloseTo(weight, 1);
      asks(scenario, "promote");
    }
    expect(await run).toMatchObject(promoted);
  });

  test("AR-27 is the old one at once after an abort, in every step", async () => {
    for (const weight of [5, 50, 90]) {
      const scenario = await world();
      const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(weight) }));
      await reached(scenario, "1.1.0", weight);
      asks(scenario, "abort");
      await after(scenario, 5);
      expect(await observedShare(scenario, 1)).toBe(0);
      expect((await run).status).toBe("rolled_back");
    }
  });

  test("AR-27 is given back when every replica of the new version is taken away in the middle of a step", async () => {
    const scenario = await world({}, { lost: 200 });
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(50) }));
    await reached(scenario, "1.1.0", 50);
    const spec = version("1.1.0", 0);
    scenario.environment.apply({ type: "ensure-version", service: "shop", spec, secrets: {} });
    const result = await run;
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.crashed" });
    expect(scenario.state).toMatchObject(back);
  });

  test("AR-27 stays on the old version when the new one is deleted during an abort", async () => {
    const scenario = await world({ drainSeconds: 30 });
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(50) }));
    await reached(scenario, "1.1.0", 50);
    asks(scenario, "abort");
    await after(scenario, 6);
    scenario.environment.apply({ type: "remove-version", service: "shop", version: "1.1.0" });
    expect((await run).status).toBe("rolled_back");
    expect(scenario.state).toMatchObject(back);
  });

  test("AR-27 is set again when somebody else has changed it", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(50) }));
    await reached(scenario, "1.1.0", 50);
    scenario.environment.setWeights({ "1.0.0": 10, "1.1.0": 90 });
    await after(scenario, 10);
    expect(scenario.state.weights).toEqual({ "1.0.0": 50, "1.1.0": 50 });
    asks(scenario, "promote");
    expect(await run).toMatchObject(promoted);
  });

  test("AR-27 is set again also when the new version is trusted and the old one stands by", async () => {
    const scenario = await world();
    const spec = specFor("bluegreen", "1.1.0", { keepOldForSeconds: minutes(10) });
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 100);
    await after(scenario, minutes(6));
    expect(scenario.state.stable).toBe("1.1.0");
    scenario.environment.setWeights({ "1.0.0": 100 });
    await after(scenario, 10);
    expect(scenario.state.weights).toEqual({ "1.1.0": 100 });
    expect(await run).toMatchObject(promoted);
  });
});

describe("requests beside the weights", () => {
  const testers = { header: "x-tester", value: "yes" };
  const routing = (scenario: Scenario) => scenario.environment.readRouting();

  test("AR-28 testers reach the new version by their header from the first step to the last, and before it", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.1.0", {
      ...{ steps: manualSteps(5, 50), routing: { testers } },
      darkLaunch: { pauseSeconds: 0, isManual: true },
    });
    const run = scenario.run(spec);
    await after(scenario, 30);
    expect(routing(scenario)).toEqual({ version: "1.1.0", testers });
    expect(await observedShare(scenario, 60)).toBe(0);
    for (const weight of [5, 50]) {
      asks(scenario, "promote");
      await reached(scenario, "1.1.0", weight);
      expect(routing(scenario)).toEqual({ version: "1.1.0", testers });
    }
    asks(scenario, "promote");
    expect(await run).toMatchObject(promoted);
    expect(routing(scenario)).toBeNull();
  });

  test("AR-28 testers are back with everybody after an abort, before their version ends", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(5), routing: { testers } }));
    await reached(scenario, "1.1.0", 5);
    const before = scenario.environment.effects.length;
    asks(scenario, "abort");
    await run;
    const effects = scenario.environment.effects.slice(before);
    expect(effects.indexOf("routing nothing")).toBeGreaterThan(-1);
    expect(effects.indexOf("routing nothing")).toBeLessThan(effects.indexOf("remove 1.1.0"));
  });

  test("AR-28 copies of requests go to a version without users, and end with its first user", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.1.0", {
      ...{ steps: manualSteps(5), routing: { mirrorPercent: 20 } },
      darkLaunch: { pauseSeconds: minutes(5) },
    });
    const run = scenario.run(spec);
    await after(scenario, minutes(2));
    expect(routing(scenario)).toEqual({ version: "1.1.0", mirrorPercent: 20 });
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
    await reached(scenario, "1.1.0", 5);
    expect(routing(scenario)).toBeNull();
    asks(scenario, "promote");
    expect(await run).toMatchObject(promoted);
  });

  test("AR-28 what the router cannot do is refused before anything is done", async () => {
    const scenario = await world();
    const capabilities = { headers: false, cookies: false, mirror: false, sticky: false };
    const router = { ...scenario.surroundings.router, capabilities };
    for (const wanted of [{ testers }, { mirrorPercent: 5 }, { isSticky: true as const }]) {
      const run = scenario.run(specFor("canary", "1.1.0", { routing: wanted }), { router });
      await expect(run).rejects.toMatchObject({ reasonCode: "deploy.routing-refused" });
    }
    expect(scenario.environment.calls).toBe(0);
  });

  test("FL-05 a version that only testers see for its time is seen by everybody afterwards (A/B)", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.1.0", {
      steps: [{ weight: 100, pauseSeconds: 0 }],
      darkLaunch: { pauseSeconds: minutes(10) },
      routing: { testers: { cookie: "group", value: "b" } },
    });
    const run = scenario.run(spec);
    await after(scenario, 30);
    expect(routing(scenario)).toMatchObject({ testers: { cookie: "group", value: "b" } });
    expect(await observedShare(scenario, minutes(8))).toBe(0);
    const result = await run;
    expect(result).toMatchObject(promoted);
    expect(result.seconds).toBeGreaterThanOrEqual(minutes(10));
    expect(sharesOf(scenario, "1.1.0").filter((share) => share > 0)).toEqual([100]);
  });

  test("FL-07 users stay with the version that answered them as long as there are two, and no longer", async () => {
    const scenario = await world();
    const isSticky = true as const;
    const spec = specFor("canary", "1.1.0", { steps: manualSteps(5, 50), routing: { isSticky } });
    const run = scenario.run(spec);
    for (const weight of [5, 50]) {
      await reached(scenario, "1.1.0", weight);
      expect(routing(scenario)).toEqual({ version: "1.1.0", isSticky });
      asks(scenario, "promote");
    }
    expect(await run).toMatchObject(promoted);
    expect(routing(scenario)).toBeNull();
    // A user who met the new version without a cookie could be sent back: the cookie comes before the first share.
    const { effects } = scenario.environment;
    const cookie = effects.findIndex((effect) => effect.startsWith("routing {"));
    expect(cookie).toBeLessThan(effects.indexOf('weights {"1.0.0":95,"1.1.0":5}'));
  });
});
