import { memoryRouter } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { routingRefusals } from "./routing.ts";
import { stepsOf } from "./spec.ts";
import { Scenario, specFor } from "./testing/scenario.ts";
import { asks, reached, world } from "./testing/world.ts";

const steps = [
  { weight: 5, pauseSeconds: 60 },
  { weight: 50, pauseSeconds: 60 },
];
const routing = { testers: { header: "X-Canary" }, mirrorPercent: 10, isSticky: true } as const;
const routed = (scenario: Scenario) =>
  scenario.environment.effects.filter(
    (effect) => effect.startsWith("routing") || effect.startsWith("weights"),
  );

describe("what happens to requests beside the weights", () => {
  test("copies before the first user, then a place to stay, testers all the time; nothing of it in the end (R245)", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.1.0", { steps, routing, darkLaunch: { pauseSeconds: 60 } });
    expect((await scenario.run(spec)).status).toBe("succeeded");
    const testers = { header: "X-Canary" };
    expect(routed(scenario)).toEqual([
      `routing ${JSON.stringify({ version: "1.1.0", testers, mirrorPercent: 10 })}`,
      `routing ${JSON.stringify({ version: "1.1.0", testers, isSticky: true })}`,
      'weights {"1.0.0":95,"1.1.0":5}',
      'weights {"1.0.0":50,"1.1.0":50}',
      'weights {"1.1.0":100}',
      "routing nothing",
    ]);
  });

  test("ends with an abort, after the traffic is back and before the version goes", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0", { steps, routing }));
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "abort");
    await run;
    const { effects } = scenario.environment;
    const order = ['weights {"1.0.0":100}', "routing nothing", "remove 1.1.0"].map((effect) =>
      effects.indexOf(effect),
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  test("finds a version that dies of copies, before it has a user", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { diesAfterSeconds: 30, reason: "SIGSEGV" } } });
    const darkLaunch = { pauseSeconds: 600 };
    const result = await scenario.run(specFor("canary", "1.1.0", { steps, routing, darkLaunch }));
    expect(result).toMatchObject({
      reasonCode: "deploy.crashed",
      message: expect.stringContaining("copies"),
    });
    expect(scenario.environment.traffic.countersOf("1.1.0")).toBeNull();
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
  });

  test("that another release left behind is ended by the next one", async () => {
    const scenario = await world();
    await scenario.runUntilKilled(specFor("canary", "1.1.0", { steps, routing }), 6);
    expect(scenario.environment.readRouting()).not.toBeNull();
    expect((await scenario.run(specFor("rolling", "1.2.0"), { samples: [] })).status).toBe("succeeded");
    expect(scenario.environment.readRouting()).toBeNull();
  });

  test("that the router cannot do is refused before anything is done", async () => {
    const scenario = await Scenario.withOld();
    const none = { headers: false, cookies: false, mirror: false, sticky: false };
    const run = scenario.run(specFor("canary", "1.1.0", { steps, routing }), {
      router: memoryRouter(scenario.environment, () => null, none),
    });
    await expect(run).rejects.toMatchObject({ reasonCode: "deploy.routing-refused" });
    expect(scenario.environment.calls).toBe(0);
  });

  test("is refused thing by thing", () => {
    const some = { headers: true, cookies: false, mirror: false, sticky: true };
    expect(routingRefusals(some, routing)).toEqual(["it cannot copy requests"]);
    expect(routingRefusals(some, { testers: { cookie: "group" } })).toEqual([
      "it cannot tell testers by a cookie",
    ]);
    expect(routingRefusals({ ...some, headers: false, sticky: false }, routing)).toHaveLength(3);
    expect(routingRefusals({ ...some, mirror: true }, routing)).toEqual([]);
  });
});

describe("the steps of a canary", () => {
  const of = (more: Parameters<typeof specFor>[2]) =>
    stepsOf(specFor("canary", "1.1.0", { steps, ...more }), { from: "1.0.0" }, 4);

  test("begin without any user where it is asked for, on the replicas of the first step (C14)", () => {
    const [dark, first] = of({ darkLaunch: { pauseSeconds: 0, isManual: true } });
    expect(dark).toMatchObject({ weight: 0, replicas: 1, isManual: true, need: "nothing" });
    expect(first).toMatchObject({ weight: 5, replicas: 1 });
  });

  test("never have more replicas than the version has in the end", () => {
    expect(of({ steps: [{ weight: 5, pauseSeconds: 0, replicas: 9 }] })[0]).toMatchObject({ replicas: 4 });
  });

  test("are left out when they need not be taken", () => {
    expect(stepsOf(specFor("canary", "1.1.0"), { from: "1.0.0", shortcut: "ada asked." }, 4)).toEqual([
      { weight: 100, replicas: 4, oldReplicas: null, pauseSeconds: 0, need: "nothing" },
    ]);
  });
});
