import type { Progress } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { rollbackService } from "../rollback.ts";
import { minutes, type Scenario, specFor, version } from "../testing/scenario.ts";
import { after, asks, loadOf, manualSteps, reached, sharesOf, story, world } from "../testing/world.ts";

const promoted = { status: "succeeded", reasonCode: "deploy.promoted" };

/** Somebody, a person or an autoscaler, changes the number of replicas of a version while a rollout is under way. */
const scales = ({ environment }: Scenario, name: string, replicas: number) =>
  environment.apply({
    type: "ensure-version",
    service: "shop",
    spec: version(name, replicas),
    secrets: {},
  });

describe("a pause", () => {
  test("AR-10 says what it waits for, while it waits and when it is over", async () => {
    const scenario = await world();
    const told: Extract<Progress, { type: "rollout" }>[] = [];
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(5, 50) }), {
      onProgress: (progress) => void (progress.type === "rollout" && told.push(progress)),
    });
    await reached(scenario, "1.1.0", 5);
    await after(scenario, minutes(1));
    expect(told.at(-1)).toMatchObject({
      version: "1.1.0",
      weights: { "1.0.0": 95, "1.1.0": 5 },
      step: { index: 0, count: 3 },
      waitingFor: "a person to promote the step of 5 %",
    });
    expect(scenario.environment.observe().rollout).toMatchObject({ phase: "stepping", step: 0, to: "1.1.0" });
    asks(scenario, "promote");
    await reached(scenario, "1.1.0", 50);
    asks(scenario, "promote");
    expect(await run).toMatchObject(promoted);
    expect(scenario.events.at(-1)).toMatchObject({ type: "rollout.finished", data: promoted });
    expect(scenario.environment.observe().rollout).toBeNull();
  });

  test("AR-12 that is longer than the time in which replicas must start does not end the rollout", async () => {
    const scenario = await world();
    const steps = [{ weight: 50, pauseSeconds: minutes(20) }];
    const spec = specFor("canary", "1.1.0", { steps, startTimeoutSeconds: 30 });
    const result = await scenario.run(spec);
    expect(result).toMatchObject(promoted);
    expect(result.seconds).toBeGreaterThanOrEqual(minutes(20));
  });

  test("AR-12 that waits for a person may last as long as it takes", async () => {
    const scenario = await world({ requestsPerSecond: 1 });
    const spec = specFor("canary", "1.1.0", {
      ...{ steps: manualSteps(50), startTimeoutSeconds: 30, maxHoldSeconds: 60 },
    });
    const run = scenario.run(spec, { sampleSeconds: 600, pollSeconds: 60 });
    await reached(scenario, "1.1.0", 50);
    await after(scenario, 60 * minutes(24));
    expect(scenario.state.weights).toEqual({ "1.0.0": 50, "1.1.0": 50 });
    asks(scenario, "promote");
    expect(await run).toMatchObject(promoted);
  });

  test("AR-12 the clock for new replicas begins with them: a step that starts some late is not late itself", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { startSeconds: 25 } } });
    const result = await scenario.run(specFor("canary", "1.1.0", { startTimeoutSeconds: 30 }));
    expect(result).toMatchObject(promoted);
  });

  test("AR-19 that waits does nothing: no order is given, nothing is told but measurements", async () => {
    const scenario = await world();
    const waits = new Set<string>();
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(5) }), {
      onProgress: (progress) => void (progress.type === "rollout" && waits.add(progress.waitingFor)),
    });
    await reached(scenario, "1.1.0", 5);
    await after(scenario, 10);
    waits.clear();
    const { calls } = scenario.environment;
    const before = story(scenario);
    await after(scenario, minutes(60));
    expect(scenario.environment.calls).toBe(calls);
    expect(story(scenario)).toEqual(before);
    expect([...waits]).toEqual(["a person to promote the step of 5 %"]);
    asks(scenario, "promote");
    expect(await run).toMatchObject(promoted);
  });

  test("AR-19 a data plane that takes its time is waited for, not ordered about", async () => {
    const scenario = await world({ lagSeconds: 8 });
    expect(await scenario.run(specFor("canary", "1.1.0"), { pollSeconds: 1 })).toMatchObject(promoted);
    expect(scenario.environment.repeats).toBe(0);
  });
});

describe("the number of replicas", () => {
  test("AR-14 of a step is its own, apart from the share of the traffic, in both directions", async () => {
    const scenario = await world();
    const load = loadOf(scenario);
    const steps = [
      { weight: 5, pauseSeconds: minutes(10), replicas: 3 },
      { weight: 50, pauseSeconds: minutes(10) },
    ];
    const run = scenario.run(specFor("canary", "1.1.0", { steps }));
    await reached(scenario, "1.1.0", 5);
    expect(scenario.state).toMatchObject({
      weights: { "1.0.0": 95, "1.1.0": 5 },
      versions: { "1.0.0": { ready: 4 }, "1.1.0": { ready: 3 } },
    });
    await reached(scenario, "1.1.0", 50);
    expect(scenario.state.versions["1.1.0"]).toEqual({ desired: 4, ready: 4 });
    expect(await run).toMatchObject(promoted);
    expect(load["1.1.0"]).toBeLessThanOrEqual(1.01);
  });

  test("AR-14 of the old version may be raised during a pause; nobody takes the new ones away", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(50) }));
    await reached(scenario, "1.1.0", 50);
    scales(scenario, "1.0.0", 6);
    await after(scenario, minutes(5));
    expect(scenario.state.versions["1.0.0"]).toEqual({ desired: 6, ready: 6 });
    asks(scenario, "abort");
    expect((await run).status).toBe("rolled_back");
    expect(scenario.state.versions["1.0.0"]).toEqual({ desired: 6, ready: 6 });
  });

  test("AR-14 of the new version may be raised during a pause", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0", { steps: manualSteps(5) }));
    await reached(scenario, "1.1.0", 5);
    scales(scenario, "1.1.0", 3);
    await after(scenario, minutes(5));
    expect(scenario.state.versions["1.1.0"]).toEqual({ desired: 3, ready: 3 });
    asks(scenario, "promote");
    expect(await run).toMatchObject(promoted);
    expect(scenario.state.versions).toEqual({ "1.1.0": { desired: 4, ready: 4 } });
  });

  test("AR-14 of the new version that is taken below what its step needs is restored", async () => {
    const scenario = await world();
    const steps = [{ weight: 50, pauseSeconds: minutes(30) }];
    const run = scenario.run(specFor("canary", "1.1.0", { steps }));
    await reached(scenario, "1.1.0", 50);
    scales(scenario, "1.1.0", 2);
    await after(scenario, 30);
    expect(scenario.state.versions["1.1.0"]).toEqual({ desired: 4, ready: 4 });
    expect(await run).toMatchObject(promoted);
  });
});

describe("the old version", () => {
  test("AR-11 is scaled down on success only: not by a canary, as long as it is undecided", async () => {
    const scenario = await world();
    const seen = new Set<number>();
    scenario.environment.afterCall = () => {
      const { versions, stable } = scenario.environment.observe();
      if (stable === "1.0.0") seen.add(versions.find(({ version }) => version === "1.0.0")!.desired);
    };
    expect(await scenario.run(specFor("canary", "1.1.0"))).toMatchObject(promoted);
    expect([...seen]).toEqual([4]);
  });

  test("AR-11 is scaled down progressively by a rolling deployment, and up again when that goes back", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("rolling", "1.1.0", { rolling: { pauseSeconds: 30 } }));
    await reached(scenario, "1.1.0", 50);
    await after(scenario, 6);
    expect(scenario.state.versions).toMatchObject({ "1.0.0": { desired: 2 }, "1.1.0": { desired: 2 } });
    asks(scenario, "abort");
    await run;
    expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 4, ready: 4 } });
  });

  test("AR-16 is kept for its time after the promotion of a canary, whole, and then goes", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.1.0", { keepOldForSeconds: minutes(20), startTimeoutSeconds: 30 });
    const run = scenario.run(spec);
    await reached(scenario, "1.1.0", 100);
    await after(scenario, minutes(15));
    expect(scenario.state).toMatchObject({
      stable: "1.1.0",
      weights: { "1.1.0": 100 },
      versions: { "1.0.0": { desired: 4, ready: 4 } },
    });
    expect(await run).toMatchObject(promoted);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.1.0"]);
  });
});

describe("the journal of a rollout", () => {
  const spec = specFor("canary", "1.1.0", { steps: manualSteps(5, 50) });
  const finished = ({ events }: Scenario) => {
    const event = events.at(-1)!;
    return event.type === "rollout.finished" ? `${event.data.status} ${event.data.reasonCode}` : event.type;
  };
  const start = async () => {
    const scenario = await world();
    const controller = new AbortController();
    const run = scenario.run(spec, { signal: controller.signal });
    await reached(scenario, "1.1.0", 5);
    return { scenario, run, controller };
  };

  test("AR-30 says when it began, how long it waited for a person at each step, and when it ended", async () => {
    const { scenario, run } = await start();
    await after(scenario, minutes(7));
    asks(scenario, "promote");
    await reached(scenario, "1.1.0", 50);
    await after(scenario, minutes(3));
    asks(scenario, "promote");
    const result = await run;
    const at = (type: string, n = 0) =>
      Date.parse(scenario.events.filter((event) => event.type === type)[n]?.at ?? "") / 1000;
    expect(at("rollout.request") - at("rollout.weights")).toBeGreaterThanOrEqual(minutes(7));
    expect(at("rollout.request") - at("rollout.weights")).toBeLessThan(minutes(7) + 10);
    expect(at("rollout.request", 1) - at("rollout.weights", 1)).toBeGreaterThanOrEqual(minutes(3));
    expect(at("rollout.finished") - at("rollout.started")).toBeGreaterThanOrEqual(minutes(10));
    expect(result.seconds).toBeCloseTo(at("rollout.finished") - at("rollout.started"), 0);
  });

  test("AR-30 tells a promotion, a full promotion and an abort apart", async () => {
    const one = await start();
    asks(one.scenario, "promote");
    await reached(one.scenario, "1.1.0", 50);
    asks(one.scenario, "promote");
    await one.run;
    expect(finished(one.scenario)).toBe("succeeded deploy.promoted");
    expect(story(one.scenario)).not.toContain("promote-full obeyed");

    const two = await start();
    asks(two.scenario, "promote-full");
    await two.run;
    expect(finished(two.scenario)).toBe("succeeded deploy.promoted");
    expect(story(two.scenario)).toContain("promote-full obeyed");

    const three = await start();
    asks(three.scenario, "abort");
    await three.run;
    expect(finished(three.scenario)).toBe("rolled_back deploy.aborted");

    const four = await start();
    four.controller.abort();
    await four.run;
    expect(finished(four.scenario)).toBe("cancelled deploy.cancelled");
  });

  test("AR-30 tells that a release took the place of another, and that a version came back by the short way", async () => {
    const scenario = await world();
    await scenario.runUntilKilled(specFor("canary", "1.1.0"), 8);
    await scenario.run(specFor("canary", "1.2.0", { rollbackWindow: { revisions: 1 } }));
    const ends = scenario.events.flatMap((event) => (event.type === "rollout.finished" ? [event.data] : []));
    expect(ends).toMatchObject([
      { version: "1.1.0", status: "cancelled", reasonCode: "deploy.superseded" },
      { version: "1.2.0", status: "succeeded", reasonCode: "deploy.promoted" },
    ]);
    const back = await scenario.run(specFor("canary", "1.0.0", { rollbackWindow: { revisions: 1 } }));
    expect(back).toMatchObject(promoted);
    expect(back.message).toContain("within the rollback window");
    expect(sharesOf(scenario, "1.0.0").at(-1)).toBe(100);
  });

  test("AR-30 tells a rollback that a person asked for after the promotion", async () => {
    const { scenario, run } = await start();
    asks(scenario, "promote-full");
    await run;
    await rollbackService({
      ...scenario.surroundings,
      service: "shop",
      reason: { reasonCode: "rollback.verified", sentence: "The totals are wrong." },
    });
    expect(finished(scenario)).toBe("rolled_back rollback.verified");
    expect(scenario.state.stable).toBe("1.0.0");
  });
});
