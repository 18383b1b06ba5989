import { policyFor } from "@sluice/judge";
import { describe, expect, test } from "vitest";
import { canarySteps, minutes, specFor } from "../testing/scenario.ts";
import { after, asks, manualSteps, reached, readingsOf, sharesOf, world } from "../testing/world.ts";

const promoted = { status: "succeeded", reasonCode: "deploy.promoted" };
const old = { "1.0.0": { desired: 4, ready: 4 } };
const back = { stable: "1.0.0", rollout: null, weights: { "1.0.0": 100 }, versions: old };

describe("the judge", () => {
  test("AR-20 works behind all the steps: what goes bad late is found late in the rollout", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 25);
    expect(readingsOf(scenario)).toBeGreaterThan(50);
    scenario.environment.behave("1.1.0", { errorRatio: 0.05 });
    const result = await run;
    expect(result).toMatchObject({ status: "rolled_back", verdict: { reasonCode: "judge.worse" } });
    expect(sharesOf(scenario, "1.1.0")).toEqual([5, 25, 0]);
    expect(scenario.state).toMatchObject(back);
  });

  test("AR-20 decides at the end of a step that a check of its own may end too: each step has both", async () => {
    const scenario = await world();
    const checked: number[] = [];
    const afterStep = async () => {
      checked.push(scenario.environment.readWeights()["1.1.0"]!);
      if (checked.length === 2) throw new Error("GET /api/orders answered 500");
    };
    const result = await scenario.run(specFor("canary", "1.1.0"), { afterStep });
    expect(checked).toEqual([5, 25]);
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.check-failed" });
    expect(result.message).toContain("/api/orders");
    expect(result.verdict?.verdict).not.toBe("rollback");
    expect(scenario.state).toMatchObject(back);
  });

  test("AR-24 makes one verdict of several metrics, and names the one that decided", async () => {
    const slow = await world({ behaviour: { "1.1.0": { latencySeconds: 0.3 } } });
    const first = await slow.run(specFor("canary", "1.1.0"));
    expect(first.status).toBe("rolled_back");
    const metrics = first.verdict!.evidence.metrics.map(({ metric }) => metric);
    expect(metrics).toContain("errors");
    expect(metrics.some((metric) => metric.startsWith("latency"))).toBe(true);
    expect(first.verdict!.evidence.decidedBy).toMatch(/^latency/);

    const failing = await world({ behaviour: { "1.1.0": { errorRatio: 0.1 } } });
    const second = await failing.run(specFor("canary", "1.1.0"));
    expect(second.verdict!.evidence.decidedBy).toBe("errors");
  });

  test("FL-03 rolls a version back that answers 500, after its tests before the traffic have passed", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.5 } } });
    const tested: Record<string, number>[] = [];
    const result = await scenario.run(specFor("canary", "1.1.0"), {
      beforeSwitch: async () => void tested.push(scenario.environment.readWeights()),
    });
    expect(tested).toEqual([{ "1.0.0": 100 }]);
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.rolled-back" });
    expect(result.seconds).toBeLessThan(minutes(1));
    expect(scenario.state).toMatchObject(back);
  });

  test("FL-04 takes steps that are not even as they are", async () => {
    const scenario = await world();
    const weights = [1, 2, 10, 80];
    const steps = weights.map((weight) => ({ weight, pauseSeconds: minutes(5) }));
    expect(await scenario.run(specFor("canary", "1.1.0", { steps }))).toMatchObject(promoted);
    expect(sharesOf(scenario, "1.1.0")).toEqual([...weights, 100]);
  });

  test("FL-08 that is left out lets a version through that only it would have stopped", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.1 } } });
    expect(await scenario.run(specFor("canary", "1.1.0"), { metrics: null })).toMatchObject(promoted);
    expect(readingsOf(scenario)).toBe(0);
  });

  test("FL-08 that is left out does not let a version through that does not run; the old one serves on", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { neverReady: true } } });
    const result = await scenario.run(specFor("canary", "1.1.0"), { metrics: null });
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    const { requests } = scenario.environment.traffic.countersOf("1.0.0")!;
    await after(scenario, 10);
    scenario.environment.settle();
    expect(scenario.environment.traffic.countersOf("1.0.0")!.requests).toBe(requests + 1000);
    expect(scenario.state).toMatchObject(back);
  });
});

describe("a release about which nothing can be said", () => {
  const quiet = { requestsPerSecond: 0.001 };
  const spec = specFor("canary", "1.1.0", { maxHoldSeconds: minutes(5) });

  test("AR-21 ends the run inconclusive, with everything where it is; a person promotes it in the next run", async () => {
    const scenario = await world(quiet);
    const first = await scenario.run(spec);
    expect(first).toMatchObject({ status: "inconclusive", reasonCode: "deploy.inconclusive" });
    expect(first.verdict?.verdict).toBe("inconclusive");
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 95, "1.1.0": 5 } });
    const next = scenario.run(spec);
    await after(scenario, 30);
    asks(scenario, "promote-full");
    expect(await next).toMatchObject(promoted);
  });

  test("AR-21 or aborts it in the next run", async () => {
    const scenario = await world(quiet);
    await scenario.run(spec);
    const next = scenario.run(spec);
    await after(scenario, 30);
    asks(scenario, "abort");
    expect(await next).toMatchObject({ status: "rolled_back", reasonCode: "deploy.aborted" });
    expect(scenario.state).toMatchObject(back);
  });

  test("EX-04 as its metrics are there and empty: it is not passed, and not called bad", async () => {
    const scenario = await world();
    const { clock } = scenario;
    const metrics = { read: async () => ({ at: clock.now(), canary: null, baseline: null }) };
    const result = await scenario.run(spec, { metrics });
    expect(result).toMatchObject({ status: "inconclusive", reasonCode: "deploy.inconclusive" });
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 95, "1.1.0": 5 } });
  });

  test("EX-04 as only the new version has none: it gets no more traffic than it has", async () => {
    const scenario = await world();
    const { clock, environment } = scenario;
    const metrics = {
      read: async () => {
        environment.settle();
        return { at: clock.now(), canary: null, baseline: environment.traffic.countersOf("1.0.0") };
      },
    };
    const result = await scenario.run(spec, { metrics });
    expect(result.status).toBe("inconclusive");
    expect(sharesOf(scenario, "1.1.0")).toEqual([5]);
  });
});

describe("metrics that are away", () => {
  test.each([
    [5, 10],
    [25, 10],
    [50, 15],
  ])("EX-03 for five minutes at %i percent cost time and nothing else", async (weight, pauseMinutes) => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", weight);
    // The pause of the step ends while they are away, and it would be the time to go on.
    await after(scenario, minutes(pauseMinutes - 2));
    scenario.isMetricsAway = true;
    await after(scenario, minutes(5));
    expect(scenario.state.weights["1.1.0"]).toBe(weight);
    scenario.isMetricsAway = false;
    expect(await run).toMatchObject(promoted);
    expect(sharesOf(scenario, "1.1.0")).toEqual([5, 25, 50, 100]);
  });

  test("EX-03 hide no bad release: it is found when they are back", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.05 } } });
    scenario.isMetricsAway = true;
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 5);
    await after(scenario, minutes(5));
    scenario.isMetricsAway = false;
    const result = await run;
    expect(result).toMatchObject({ status: "rolled_back", verdict: { reasonCode: "judge.worse" } });
    expect(result.seconds).toBeLessThan(minutes(6));
  });

  test("EX-03 do not keep a version in traffic that dies", async () => {
    const scenario = await world({}, { lost: 60 });
    scenario.isMetricsAway = true;
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 5);
    scenario.environment.behave("1.1.0", { neverReady: true });
    expect(await run).toMatchObject({ status: "rolled_back", reasonCode: "deploy.crashed" });
  });
});

describe("both versions are bad", () => {
  const both = { "1.0.0": { errorRatio: 0.2 }, "1.1.0": { errorRatio: 0.2 } };

  test("EX-05 as something behind them is: the release is held, and neither promoted nor rolled back", async () => {
    const scenario = await world({ behaviour: both });
    const run = scenario.run(specFor("canary", "1.1.0", { maxHoldSeconds: minutes(60) }));
    await after(scenario, minutes(30));
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 95, "1.1.0": 5 } });
    for (const one of ["1.0.0", "1.1.0"]) scenario.environment.behave(one, {});
    expect(await run).toMatchObject(promoted);
  });

  test("EX-05 to the end: a person has to decide", async () => {
    const scenario = await world({ behaviour: both });
    const result = await scenario.run(specFor("canary", "1.1.0", { maxHoldSeconds: minutes(5) }));
    expect(result).toMatchObject({ status: "inconclusive", reasonCode: "deploy.inconclusive" });
    expect(scenario.state.weights).toEqual({ "1.0.0": 95, "1.1.0": 5 });
  });

  test("EX-05 and neither has a replica that is ready: nothing is moved, and the rollout goes on when they are back", async () => {
    const scenario = await world({}, { lost: 3100 });
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 25);
    for (const one of ["1.0.0", "1.1.0"]) scenario.environment.behave(one, { neverReady: true });
    await after(scenario, 30);
    expect(scenario.state.weights).toEqual({ "1.0.0": 75, "1.1.0": 25 });
    for (const one of ["1.0.0", "1.1.0"]) scenario.environment.behave(one, {});
    expect(await run).toMatchObject(promoted);
  });
});

describe("a bound that a release exceeds", () => {
  test("KR-05 ends it at the check that was said, and not one earlier", async () => {
    for (const threshold of [1, 3]) {
      const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.2 } } });
      const policy = policyFor({ checkSeconds: 60, threshold });
      // With all of the traffic on the new version there is nothing to compare it with: only the bound speaks.
      const spec = specFor("bluegreen", "1.1.0", { bluegreen: { testDurationSeconds: minutes(10) } });
      const result = await scenario.run(spec, { policy });
      expect(result).toMatchObject({
        status: "rolled_back",
        verdict: { reasonCode: "judge.guard-breached" },
      });
      expect(result.seconds).toBeGreaterThanOrEqual(60 * threshold);
      expect(result.seconds).toBeLessThan(60 * (threshold + 1) + 10);
    }
  });

  test("KR-05 one replica of a batch that is not ready stops the batch, however many others are", async () => {
    const scenario = await world();
    const { target } = scenario.surroundings;
    const observe: typeof target.observe = async (service) => {
      const seen = await target.observe(service);
      const batch = seen.versions.find((one) => one.version === "1.1.0");
      if (batch?.replicas[1])
        Object.assign(batch.replicas[1], { isReady: false, reason: "GET /health: 503" });
      return seen;
    };
    const spec = specFor("rolling", "1.1.0", { rolling: { batchSize: 2, pauseSeconds: 10 } });
    const result = await scenario.run(spec, { target: { ...target, observe } });
    expect(scenario.environment.effects).toContain("ensure 1.1.0 x2");
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    expect(result.message).toContain("1 of 2 replicas");
    expect(sharesOf(scenario, "1.1.0").every((share) => share === 0)).toBe(true);
    expect(scenario.state).toMatchObject(back);
  });
});

test("KR-01 a person jumps over the rest of a step, or over all that is left", async () => {
  const scenario = await world();
  const run = scenario.run(
    specFor("canary", "1.1.0", { steps: [...manualSteps(5), ...canarySteps.slice(1)] }),
  );
  await reached(scenario, "1.1.0", 5);
  asks(scenario, "promote");
  await reached(scenario, "1.1.0", 25);
  asks(scenario, "promote");
  await reached(scenario, "1.1.0", 50);
  asks(scenario, "promote-full");
  const result = await run;
  expect(result).toMatchObject(promoted);
  expect(result.seconds).toBeLessThan(minutes(2));
});
