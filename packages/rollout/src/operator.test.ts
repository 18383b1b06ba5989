import type { Observation, OperatorRequest, RolloutRecord } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { minutes, Scenario, specFor } from "./testing/scenario.ts";
import { after, asks, reached, world } from "./testing/world.ts";

const steps = [
  { weight: 5, pauseSeconds: minutes(10) },
  { weight: 50, pauseSeconds: 0, isManual: true },
  { weight: 100, pauseSeconds: 0 },
];
const spec = specFor("canary", "1.1.0", { steps });
const told = (scenario: Scenario) =>
  scenario.events.flatMap((event) => (event.type === "rollout.request" ? [event.data] : []));

describe("what a person asks of a rollout is obeyed at the next look, written down, and cleared", () => {
  test("promote ends a pause before its time", async () => {
    const scenario = await world();
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "promote", { reason: "we are in a hurry" });
    await reached(scenario, "1.1.0", 50);
    expect(scenario.environment.observe().request).toBeNull();
    expect(told(scenario)).toEqual([
      {
        kind: "promote",
        by: "ada",
        askedAt: expect.stringMatching(/^2026-01-01T/),
        reason: "we are in a hurry",
        obeyed: true,
        summary: "ada asked to go on from this step: we are in a hurry.",
      },
    ]);
    asks(scenario, "promote");
    expect((await run).status).toBe("succeeded");
  });

  test("promote does not open a step before its replicas are ready", async () => {
    const scenario = await world();
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 5);
    scenario.environment.behave("1.1.0", { startSeconds: 3600 });
    scenario.environment.behave("1.0.0", { startSeconds: 3600 });
    asks(scenario, "promote");
    await after(scenario, 60);
    expect(scenario.state.rollout?.step).toBe(0);
    scenario.environment.behave("1.1.0", {});
    scenario.environment.behave("1.0.0", {});
    scenario.environment.traffic.lost = 0;
    await reached(scenario, "1.1.0", 50);
    asks(scenario, "abort");
    expect((await run).status).toBe("rolled_back");
  });

  test("promote does not save a release that the judge calls bad", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.3 } } });
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 5);
    await after(scenario, 40);
    if (scenario.state.rollout?.phase === "stepping") asks(scenario, "promote");
    expect((await run).status).toBe("rolled_back");
  });

  test("promote decides for a release that is held where a bad one is not taken back", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.3 } } });
    const held = specFor("canary", "1.1.0", { steps, onBadRelease: "hold" });
    expect((await scenario.run(held)).status).toBe("held");
    asks(scenario, "promote-full");
    expect(await scenario.run(held)).toMatchObject({
      status: "succeeded",
      message: expect.stringContaining("ada asked to leave out the steps that are left"),
    });
  });

  test("halt ends the run with the traffic as it is; the next run goes on from there", async () => {
    const scenario = await world();
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 5);
    const { calls } = scenario.environment;
    asks(scenario, "halt", { reason: "an incident elsewhere" });
    expect(await run).toMatchObject({
      status: "held",
      reasonCode: "deploy.held",
      message: expect.stringMatching(
        /ada asked to halt the rollout: an incident elsewhere\. The traffic stays as it is: 1\.0\.0 95 %, 1\.1\.0 5 %/,
      ),
    });
    expect(scenario.environment.calls).toBe(calls + 2); // the request itself, and clearing it
    expect(scenario.state).toMatchObject({ stable: "1.0.0", rollout: { step: 0, phase: "stepping" } });
    const next = scenario.run(spec);
    await reached(scenario, "1.1.0", 50);
    asks(scenario, "promote");
    expect((await next).status).toBe("succeeded");
    expect(told(scenario).map(({ kind, obeyed }) => [kind, obeyed])).toEqual([
      ["halt", true],
      ["promote", true],
    ]);
  });

  test("halt before the new version has traffic leaves it without", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { startSeconds: 30 } } });
    const run = scenario.run(spec);
    await after(scenario, 10);
    asks(scenario, "halt");
    expect((await run).status).toBe("held");
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
  });

  test("halt while the old version stands by leaves it standing", async () => {
    const scenario = await world();
    const run = scenario.run(
      specFor("bluegreen", "1.1.0", { bluegreen: {}, keepOldForSeconds: minutes(60) }),
    );
    for (let looks = 0; looks < 100 && scenario.state.stable !== "1.1.0"; looks++) await after(scenario, 5);
    asks(scenario, "halt");
    expect(await run).toMatchObject({ status: "succeeded", reasonCode: "deploy.promoted" });
    expect(Object.keys(scenario.state.versions)).toEqual(["1.0.0", "1.1.0"]);
  });

  test("abort brings the old version back, and is not a failure of the release", async () => {
    const scenario = await world();
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "abort", { reason: "wrong build." });
    expect(await run).toMatchObject({
      status: "rolled_back",
      reasonCode: "deploy.aborted",
      message: "ada asked for the old version back: wrong build.",
    });
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
  });

  test("abort before the new version has traffic cancels the rollout", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { startSeconds: 30 } } });
    const run = scenario.run(spec);
    await after(scenario, 10);
    asks(scenario, "abort");
    expect(await run).toMatchObject({ status: "cancelled", reasonCode: "deploy.aborted" });
    expect(Object.keys(scenario.state.versions)).toEqual(["1.0.0"]);
  });
});

describe("a request that is out of date is cleared and not obeyed", () => {
  const outdated: [string, Partial<OperatorRequest>, RegExp][] = [
    ["about another rollout", { kind: "halt", rollout: "plan-0.9.0" }, /another rollout/],
    [
      "to promote a step that is over",
      { kind: "promote", step: 0 },
      /about step 1, and the rollout is at step 2/,
    ],
    ["to promote a step to come", { kind: "promote", step: 2 }, /about step 3/],
  ];
  test.each(outdated)("%s", async (_, more, why) => {
    const scenario = await world();
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "promote");
    await reached(scenario, "1.1.0", 50);
    asks(scenario, more.kind!, more);
    await after(scenario, 30);
    const { request, rollout, weights }: Observation = scenario.environment.observe();
    expect(request).toBeNull();
    expect(rollout).toMatchObject({ phase: "stepping", step: 1 } satisfies Partial<RolloutRecord>);
    expect(weights["1.1.0"]).toBe(50);
    expect(told(scenario).at(-1)).toMatchObject({ obeyed: false, summary: expect.stringMatching(why) });
    asks(scenario, "promote");
    expect((await run).status).toBe("succeeded");
  });

  test("left for a rollout of the same name that ended, when the next one begins", async () => {
    const scenario = await Scenario.withOld();
    const { environment, clock } = scenario;
    environment.leave({ rollout: spec.id, kind: "halt", step: 0, by: "ada", at: clock.now() });
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 5);
    expect(environment.observe().request).toBeNull();
    asks(scenario, "promote-full");
    expect((await run).status).toBe("succeeded");
  });
});
