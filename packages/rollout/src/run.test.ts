import { Refusal } from "@sluice/documents";
import { policyFor } from "@sluice/judge";
import { memoryRouter } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { canarySteps, minutes, Scenario, specFor, version } from "./testing/scenario.ts";

const shares = (scenario: Scenario) =>
  scenario.events.flatMap((event) => (event.type === "rollout.weights" ? [event.data.weights] : []));

describe("a good release", () => {
  test("goes 5, 25, 50, 100 with its pauses, on the evidence of the judge, and the old version ends (R077, R244–R246, R249, R262, R269)", async () => {
    const scenario = await Scenario.withOld();
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result).toMatchObject({
      status: "succeeded",
      reasonCode: "deploy.promoted",
      from: "1.0.0",
      to: "1.1.0",
    });
    expect(result.seconds).toBeGreaterThanOrEqual(minutes(35));
    expect(result.seconds).toBeLessThan(minutes(36));
    expect(result.verdict?.verdict).toBe("promote");
    expect(shares(scenario)).toEqual([
      { "1.0.0": 95, "1.1.0": 5 },
      { "1.0.0": 75, "1.1.0": 25 },
      { "1.0.0": 50, "1.1.0": 50 },
      { "1.1.0": 100 },
    ]);
    expect(scenario.state).toMatchObject({ stable: "1.1.0", rollout: null, history: ["1.1.0", "1.0.0"] });
    expect(scenario.environment.traffic.lost).toBe(0);
    expect(scenario.events.at(0)).toMatchObject({ type: "rollout.started", data: { resumed: false } });
    expect(scenario.events.at(-1)).toMatchObject({ type: "rollout.finished", data: { status: "succeeded" } });
  });

  test("again, in the same environment: nothing is done (R252)", async () => {
    const scenario = await Scenario.withOld();
    await scenario.run(specFor("canary", "1.1.0"));
    const calls = scenario.environment.calls;
    const again = await scenario.run(specFor("canary", "1.1.0"));
    expect(again).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    expect(scenario.environment.calls).toBe(calls);
  });

  test("with few failures in both versions is promoted on evidence against a harmful ratio", async () => {
    const behaviour = { "1.0.0": { errorRatio: 0.01 }, "1.1.0": { errorRatio: 0.01 } };
    const scenario = await Scenario.withOld({ behaviour });
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result.status).toBe("succeeded");
    expect(result.verdict?.reasonCode).toBe("judge.not-worse");
  });

  test("into an empty environment goes straight to all of the traffic, when it is healthy", async () => {
    const scenario = new Scenario();
    const result = await scenario.run(specFor("canary", "1.0.0"));
    expect(result).toMatchObject({ status: "succeeded", from: null, verdict: null });
    expect(result.message).toContain("first version");
    expect(result.seconds).toBeLessThan(10);
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 } });
    expect(scenario.environment.violations).toEqual([]);
  });

  test("asks for replicas and for traffic apart (C14)", async () => {
    const scenario = await Scenario.withOld();
    const steps = [
      { weight: 5, pauseSeconds: 60, replicas: 3 },
      { weight: 100, pauseSeconds: 0 },
    ];
    await scenario.run(specFor("canary", "1.1.0", { steps }));
    expect(scenario.environment.effects).toContain("ensure 1.1.0 x3");
  });
});

describe("a bad release", () => {
  test("that fails a twentieth of its requests is found within a minute, and the old version verified (R263, R251, R365, R357)", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { errorRatio: 0.05 } } });
    const verified: string[] = [];
    const result = await scenario.run(specFor("canary", "1.1.0"), {
      verify: async (old) => {
        verified.push(old);
        return { isHealthy: true, message: "" };
      },
    });
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.rolled-back" });
    expect(result.verdict?.reasonCode).toBe("judge.worse");
    expect(result.seconds).toBeLessThan(60);
    expect(result.canary!.errors).toBeLessThan(15);
    expect(verified).toEqual(["1.0.0"]);
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 }, rollout: null });
    expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 4, ready: 4 } });
  });

  test("whose rollback cannot be verified is said to have failed (C40)", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { errorRatio: 0.2 } } });
    const result = await scenario.run(specFor("canary", "1.1.0"), {
      verify: async () => ({ isHealthy: false, message: "health: 503" }),
    });
    expect(result).toMatchObject({ status: "rollback_failed", reasonCode: "rollback.failed" });
    expect(result.message).toContain("health: 503");
  });

  test("that is slower is found by its latency (R247, R280)", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { latencySeconds: 0.2 } } });
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result.status).toBe("rolled_back");
    expect(result.verdict?.evidence.decidedBy).toMatch(/^latency/);
  });

  test("waits for a person when rolling back is switched off", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { errorRatio: 0.2 } } });
    const result = await scenario.run(specFor("canary", "1.1.0", { onBadRelease: "hold" }));
    expect(result).toMatchObject({ status: "held", reasonCode: "deploy.held" });
    expect(scenario.state.weights).toEqual({ "1.0.0": 95, "1.1.0": 5 });
  });

  test("that never gets healthy gets no traffic (R222)", async () => {
    const behaviour = { "1.1.0": { neverReady: true, reason: "GET /health answered 500" } };
    const scenario = await Scenario.withOld({ behaviour });
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    expect(result.message).toContain("GET /health answered 500");
    expect(shares(scenario).every((weights) => weights["1.0.0"] === 100)).toBe(true);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.0.0"]);
  });

  test("that dies in its start-up is given up before the time is over", async () => {
    const behaviour = { "1.1.0": { startSeconds: 3, diesAfterSeconds: 0, reason: "exit status 1" } };
    const scenario = await Scenario.withOld({ behaviour });
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.crashed" });
    expect(result.seconds).toBeLessThan(30);
    expect(result.message).toContain("exit status 1");
  });

  test("that dies while it has traffic is taken out of it (R310, R345)", async () => {
    const scenario = await Scenario.withOld({
      behaviour: { "1.1.0": { diesAfterSeconds: 100, reason: "SIGSEGV" } },
    });
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.crashed" });
    expect(result.message).toContain("SIGSEGV");
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
  });

  test("that cannot be started, as its port is taken, is refused with the code of the target", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { refuses: "deploy.port-in-use" } } });
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.port-in-use" });
    expect(scenario.state).toMatchObject({ stable: "1.0.0", rollout: null });
  });

  test("under the name of a version that runs already is refused", async () => {
    const scenario = await Scenario.withOld();
    const other = version("1.0.0");
    other.artifact.digest = `sha256:${"f".repeat(64)}`;
    const result = await scenario.run(specFor("canary", "1.0.0", { version: other }));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.digest-differs" });
  });

  test("in an empty environment is removed and leaves no entry behind", async () => {
    const scenario = new Scenario({ behaviour: { "1.0.0": { neverReady: true } } });
    const result = await scenario.run(specFor("canary", "1.0.0"));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    expect(scenario.state).toMatchObject({ stable: null, versions: {}, rollout: null });
  });
});

describe("an old version that is ill itself", () => {
  test("and a new one as well: it is not the release, so the rollout waits for both to come back", async () => {
    const scenario = await Scenario.withOld();
    const run = scenario.run(specFor("canary", "1.1.0"));
    await scenario.clock.sleep(60_000);
    for (const one of ["1.0.0", "1.1.0"]) scenario.environment.behave(one, { neverReady: true });
    await scenario.clock.sleep(30_000);
    expect(scenario.state.rollout?.phase).toBe("stepping");
    for (const one of ["1.0.0", "1.1.0"]) scenario.environment.behave(one, {});
    expect((await run).status).toBe("succeeded");
  });

  test("gets no traffic back that it could not answer; when it stays away a person is needed", async () => {
    const behaviour = { "1.1.0": { errorRatio: 0.05 } };
    const scenario = await Scenario.withOld({ behaviour });
    const run = scenario.run(specFor("canary", "1.1.0", { strategy: "bluegreen" }), {
      policy: policyFor({ checkSeconds: 10, threshold: 2, conditions: [] }),
    });
    await scenario.clock.sleep(20_000);
    scenario.environment.behave("1.0.0", { neverReady: true, reason: "exit status 9" });
    scenario.environment.behave("1.1.0", { errorRatio: 0.2 });
    const result = await run;
    expect(result).toMatchObject({ status: "rollback_failed", reasonCode: "rollback.failed" });
    expect(result.message).toContain("exit status 9");
    expect(scenario.state.weights).toEqual({ "1.1.0": 100 });
    expect(scenario.environment.traffic.lost).toBe(0);
  });
});

describe("metrics that cannot be read", () => {
  test("for a while hold the step and cost nothing but time", async () => {
    const scenario = await Scenario.withOld();
    scenario.isMetricsAway = true;
    const run = scenario.run(specFor("canary", "1.1.0"));
    await scenario.clock.sleep(1000 * minutes(15));
    const meanwhile = scenario.state.weights;
    scenario.isMetricsAway = false;
    const result = await run;
    expect(meanwhile).toEqual({ "1.0.0": 95, "1.1.0": 5 });
    expect(result.status).toBe("succeeded");
  });

  test("to the end are no pass and no bad release, whatever is configured", async () => {
    for (const onInconclusive of ["hold", "promote", "rollback"] as const) {
      const scenario = await Scenario.withOld();
      scenario.isMetricsAway = true;
      const result = await scenario.run(specFor("canary", "1.1.0", { onInconclusive }));
      expect(result).toMatchObject({ status: "inconclusive", reasonCode: "judge.metrics-away" });
      expect(result.verdict?.verdict).toBe("inconclusive");
      expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 95, "1.1.0": 5 } });
    }
  });

  test("a second run goes on at the same step when they are back", async () => {
    const scenario = await Scenario.withOld();
    scenario.isMetricsAway = true;
    await scenario.run(specFor("canary", "1.1.0"));
    scenario.isMetricsAway = false;
    const effects = scenario.environment.effects.length;
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result.status).toBe("succeeded");
    expect(scenario.environment.effects.slice(effects)).not.toContain('weights {"1.0.0":95,"1.1.0":5}');
  });
});

describe("too little traffic", () => {
  const quiet = () => Scenario.withOld({ requestsPerSecond: 0.001 });

  test("extends the step and then leaves the decision to a person", async () => {
    const scenario = await quiet();
    const result = await scenario.run(specFor("canary", "1.1.0", { maxHoldSeconds: minutes(20) }));
    expect(result).toMatchObject({ status: "inconclusive", reasonCode: "deploy.inconclusive" });
    expect(result.seconds).toBeGreaterThanOrEqual(minutes(30));
    expect(scenario.state.weights).toEqual({ "1.0.0": 95, "1.1.0": 5 });
  });

  test("promotes or rolls back where that is configured", async () => {
    const promoted = await (await quiet()).run(specFor("canary", "1.1.0", { onInconclusive: "promote" }));
    expect(promoted.status).toBe("succeeded");
    const scenario = await quiet();
    const back = await scenario.run(specFor("canary", "1.1.0", { onInconclusive: "rollback" }));
    expect(back).toMatchObject({ status: "rolled_back", reasonCode: "deploy.inconclusive" });
    expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
  });
});

describe("a gate that is exceeded", () => {
  const gates = [{ text: "error_rate > 0.1%", metric: "error_rate", comparison: ">", value: 0.1 } as const];

  test("holds the step until it is kept again (R271, C07)", async () => {
    const scenario = await Scenario.withOld({
      requestsPerSecond: 2000,
      behaviour: { "1.0.0": { errorRatio: 0.0009 }, "1.1.0": { errorRatio: 0.0012 } },
    });
    const run = scenario.run(specFor("canary", "1.1.0"), {
      policy: policyFor({ steps: canarySteps, gates, threshold: 100 }),
    });
    await scenario.clock.sleep(1000 * minutes(20));
    expect(scenario.state.weights).toEqual({ "1.0.0": 95, "1.1.0": 5 });
    scenario.environment.behave("1.1.0", { errorRatio: 0.0008 });
    expect((await run).status).toBe("succeeded");
  });

  test("too often in a row ends the release (C12, R275)", async () => {
    const scenario = await Scenario.withOld({
      requestsPerSecond: 2000,
      behaviour: { "1.0.0": { errorRatio: 0.0009 }, "1.1.0": { errorRatio: 0.0012 } },
    });
    const result = await scenario.run(specFor("canary", "1.1.0"), {
      policy: policyFor({ steps: canarySteps, gates }),
    });
    expect(result.status).toBe("rolled_back");
    expect(result.verdict?.reasonCode).toBe("judge.gate-failed");
    expect(result.verdict?.evidence.guards[0]?.breachesInARow).toBe(5);
  });
});

describe("other strategies", () => {
  test("rolling: one replica at a time, and never fewer ready than before (R226, R227, R259)", async () => {
    const scenario = await Scenario.withOld();
    const { environment } = scenario;
    const ready: number[] = [];
    environment.afterCall = () => {
      ready.push(environment.readyCount("1.0.0") + environment.readyCount("1.1.0"));
    };
    const result = await scenario.run(specFor("rolling", "1.1.0"));
    expect(result.status).toBe("succeeded");
    expect(Math.min(...ready)).toBeGreaterThanOrEqual(4);
    expect(shares(scenario).map((weights) => weights["1.1.0"])).toEqual([25, 50, 75, 100]);
    expect(environment.traffic.lost).toBe(0);
  });

  test("rolling: a bad batch is rolled back the way it came, with traffic only for what is ready (R229, R265, R366)", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { errorRatio: 0.05 } } });
    const spec = specFor("rolling", "1.1.0", { rolling: { pauseSeconds: 120 } });
    const result = await scenario.run(spec);
    expect(result.status).toBe("rolled_back");
    expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 4, ready: 4 } });
    expect(scenario.environment.traffic.lost).toBe(0);
  });

  test("blue-green: green is tested before the switch, all at once, blue goes at the end (R230, R231, R233–R235, R238, R260)", async () => {
    const scenario = await Scenario.withOld();
    const tested: [string, Record<string, number>][] = [];
    const result = await scenario.run(specFor("bluegreen", "1.1.0"), {
      beforeSwitch: async (url) => {
        tested.push([url, scenario.environment.readWeights()]);
      },
    });
    expect(result.status).toBe("succeeded");
    expect(tested).toEqual([[expect.stringContaining("1.1.0"), { "1.0.0": 100 }]]);
    expect(shares(scenario)).toEqual([{ "1.1.0": 100 }]);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.1.0"]);
    expect(result.seconds).toBeGreaterThanOrEqual(minutes(5));
  });

  test("blue-green: a failed test leaves blue alone (R232, R233)", async () => {
    const scenario = await Scenario.withOld();
    const result = await scenario.run(specFor("bluegreen", "1.1.0"), {
      beforeSwitch: async () => {
        throw new Error("GET /api/orders answered 500");
      },
    });
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.test-failed" });
    expect(result.message).toContain("/api/orders");
    expect(scenario.state).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 } });
  });

  test("blue-green: an error in the test duration switches back to blue (R236, R261, R364)", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { errorRatio: 0.2 } } });
    const policy = policyFor({ checkSeconds: 10, threshold: 2 });
    const result = await scenario.run(specFor("bluegreen", "1.1.0"), { policy });
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.rolled-back" });
    expect(result.verdict?.reasonCode).toBe("judge.guard-breached");
    expect(scenario.environment.traffic.lost).toBe(0);
  });

  test("blue-green: the switch may be gradual, and blue is kept for its time (R234, R237, C25)", async () => {
    const scenario = await Scenario.withOld();
    const spec = specFor("bluegreen", "1.1.0", {
      bluegreen: { switchSteps: [{ weight: 50, pauseSeconds: 30 }], testDurationSeconds: 60 },
      keepOldForSeconds: minutes(10),
    });
    const run = scenario.run(spec);
    await scenario.clock.sleep(1000 * minutes(5));
    expect(scenario.state).toMatchObject({ stable: "1.1.0", versions: { "1.0.0": { desired: 4 } } });
    const result = await run;
    expect(result.seconds).toBeGreaterThanOrEqual(minutes(11));
    expect(shares(scenario).map((weights) => weights["1.1.0"])).toEqual([50, 100]);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.1.0"]);
  });

  test("recreate: the old version ends before the new one begins (R223)", async () => {
    const scenario = await Scenario.withOld();
    const result = await scenario.run(specFor("recreate", "1.1.0"));
    expect(result.status).toBe("succeeded");
    const { effects, traffic } = scenario.environment;
    expect(effects.indexOf("remove 1.0.0")).toBeLessThan(effects.indexOf("ensure 1.1.0 x4"));
    expect(traffic.closed).toBeGreaterThan(0);
    expect(traffic.lost).toBe(0);
  });

  test("recreate: when the new one does not start, the old one comes back", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { neverReady: true } } });
    const result = await scenario.run(specFor("recreate", "1.1.0"));
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.unhealthy" });
    expect(scenario.state).toMatchObject({
      stable: "1.0.0",
      weights: { "1.0.0": 100 },
      versions: { "1.0.0": { ready: 4 } },
    });
  });
});

describe("another release", () => {
  test("ends what it finds half done and then goes out (AR-17)", async () => {
    const scenario = await Scenario.withOld();
    await scenario.runUntilKilled(specFor("canary", "1.1.0"), 9);
    expect(scenario.state.weights["1.1.0"]).toBeGreaterThan(0);
    const result = await scenario.run(specFor("canary", "1.2.0"), { samples: [] });
    expect(result).toMatchObject({ status: "succeeded", from: "1.0.0", to: "1.2.0" });
    expect(scenario.state.history).toEqual(["1.2.0", "1.0.0"]);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.2.0"]);
    expect(scenario.environment.violations).toEqual([]);
    expect(scenario.environment.traffic.lost).toBe(0);
  });

  test("after each point at which the first was killed: it is the one that runs in the end", async () => {
    for (let calls = 1; calls <= 21; calls++) {
      const scenario = await Scenario.withOld();
      await scenario.runUntilKilled(specFor("canary", "1.1.0"), calls);
      const result = await scenario.run(specFor("bluegreen", "1.2.0"), { samples: [] });
      expect(result.status, `after call ${calls}`).toBe("succeeded");
      expect(Object.keys(scenario.state.versions)).toEqual(["1.2.0"]);
      expect(scenario.environment.violations).toEqual([]);
      expect(scenario.environment.traffic.lost).toBe(0);
    }
  });
});

describe("a run that may not go on", () => {
  test("does nothing any more when the lock was lost", async () => {
    const scenario = await Scenario.withOld();
    let fences = 0;
    const lost = new Refusal({ reasonCode: "run.lock-lost", message: "Another run took the lock." });
    const run = scenario.run(specFor("canary", "1.1.0"), {
      fence: async () => {
        if (++fences > 5) throw lost;
      },
    });
    await expect(run).rejects.toBe(lost);
    expect(scenario.environment.calls).toBe(5);
  });

  test("puts the traffic back when the journal cannot be written", async () => {
    const scenario = await Scenario.withOld();
    let events = 0;
    const result = await scenario.run(specFor("canary", "1.1.0"), {
      record: () => {
        if (++events > 6)
          throw new Refusal({ reasonCode: "run.journal-unwritable", message: "No space left on device." });
      },
    });
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "run.journal-unwritable" });
    expect(result.message).toContain("No space left");
    expect(scenario.state).toMatchObject({ weights: { "1.0.0": 100 }, rollout: null });
  });

  test("refuses weights that the router cannot give (C13)", async () => {
    const scenario = await Scenario.withOld();
    const router = memoryRouter(scenario.environment, (weight) =>
      weight === 5 ? "it only has 4 replicas to split by" : null,
    );
    const run = scenario.run(specFor("canary", "1.1.0"), { router });
    await expect(run).rejects.toMatchObject({ reasonCode: "deploy.weights-invalid" });
    expect(scenario.environment.calls).toBe(0);
  });
});

test.each([[[0]], [[101]], [[25, 5]], [[5, 5]]])(
  "steps of %s %% are refused before anything is done",
  async (weights) => {
    const scenario = await Scenario.withOld();
    const steps = weights.map((weight) => ({ weight, pauseSeconds: 60 }));
    const run = scenario.run(specFor("canary", "1.1.0", { steps }));
    await expect(run).rejects.toMatchObject({ reasonCode: "deploy.weights-invalid" });
    expect(scenario.environment.calls).toBe(0);
  },
);

test("a canary without metrics goes by health and time alone", async () => {
  const scenario = await Scenario.withOld();
  const result = await scenario.run(specFor("canary", "1.1.0"), { metrics: null });
  expect(result).toMatchObject({ status: "succeeded", verdict: null, canary: null });
});
