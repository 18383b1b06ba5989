import type { Strategy } from "@sluice/documents";
import { mayContinue, Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { rollbackService } from "../rollback.ts";
import { type Scenario, specFor } from "../testing/scenario.ts";
import { after, asks, reached, sharesOf, world } from "../testing/world.ts";

const promoted = { status: "succeeded", reasonCode: "deploy.promoted" };
const strategies: Strategy[] = ["canary", "rolling", "bluegreen", "recreate"];
/** Short, as every place of the way is visited. */
const specOf = (strategy: Strategy) =>
  specFor(strategy, "1.1.0", {
    steps: [5, 50].map((weight) => ({ weight, pauseSeconds: 60 })),
    bluegreen: { testDurationSeconds: 60 },
  });
const started = { "1.0.0": { desired: 4, ready: 4 } };

/** Where a rollout is, as users and operators can tell. */
const placeOf = (scenario: Scenario): string => {
  const { rollout, stable, weights } = scenario.state;
  return JSON.stringify([stable, rollout?.phase, rollout?.step, rollout?.stepStartedAt !== null, weights]);
};

/** Every place that a rollout goes through, with the number of calls after which it is there first. */
async function placesOf(strategy: Strategy): Promise<number[]> {
  const scenario = await world({}, { isClosed: true });
  const places = new Map<string, number>();
  scenario.environment.afterCall = (call) => {
    const place = placeOf(scenario);
    if (!places.has(place)) places.set(place, call);
  };
  await scenario.run(specOf(strategy));
  return [...places.values()];
}

describe.each(strategies)("a %s", (strategy) => {
  const spec = specOf(strategy);
  const isClosed = strategy === "recreate";

  test("EX-01 whose runner is killed at any step is ended by the next run, which repeats none", async () => {
    for (const call of await placesOf(strategy)) {
      const scenario = await world({}, { isClosed });
      expect(await scenario.runUntilKilled(spec, call)).toBeNull();
      await after(scenario, 60);
      expect((await scenario.run(spec)).status, `killed after call ${call}`).toBe("succeeded");
      expect(scenario.state.versions).toEqual({ "1.1.0": { desired: 4, ready: 4 } });
      const shares = scenario.environment.effects.filter((effect) => effect.startsWith("weights"));
      expect(shares).toEqual([...new Set(shares)]);
    }
  });

  test("EX-02 that is cancelled at any step is back on the old version, unless it was promoted before", async () => {
    for (const call of await placesOf(strategy)) {
      const scenario = await world({}, { isClosed });
      const cancelled = new AbortController();
      scenario.environment.afterCall = (number) => void (number === call && cancelled.abort());
      const result = await scenario.run(spec, { signal: cancelled.signal });
      const { stable, weights, rollout } = scenario.state;
      expect(result.status, `cancelled after call ${call}`).toBe(
        stable === "1.1.0" ? "succeeded" : "cancelled",
      );
      expect(weights).toEqual({ [stable!]: 100 });
      if (stable === "1.0.0") expect(scenario.state.versions).toEqual(started);
      if (stable === "1.0.0") expect(rollout).toBeNull();
    }
  });
});

describe("two runs at once", () => {
  /** One lock: whoever took it last has it, and everybody asks before each side effect. */
  const lock = () => {
    let holder = "";
    return {
      take: (who: string) => {
        holder = who;
        return async () => {
          if (holder !== who)
            throw new Refusal({ reasonCode: "run.lock-lost", message: `${holder} took the lock of ${who}.` });
        };
      },
    };
  };

  test("EX-06 of the same release: the one that lost the lock does nothing more, the other goes on where it was", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.1.0");
    const { take } = lock();
    const first = scenario.run(spec, { fence: take("first") }).catch((error) => error);
    await reached(scenario, "1.1.0", 25);
    const second = scenario.run(spec, { fence: take("second") });
    expect(await first).toMatchObject({ reasonCode: "run.lock-lost" });
    expect(await second).toMatchObject(promoted);
    const shares = scenario.environment.effects.filter((effect) => effect.startsWith("weights"));
    expect(shares).toEqual([...new Set(shares)]);
  });

  test("EX-06 of two releases: the newer one ends the older one, which does nothing more", async () => {
    const scenario = await world();
    const { take } = lock();
    const first = scenario.run(specFor("canary", "1.1.0"), { fence: take("first") }).catch((error) => error);
    await reached(scenario, "1.1.0", 25);
    const second = scenario.run(specFor("canary", "1.2.0"), { fence: take("second"), samples: [] });
    expect(await second).toMatchObject({ ...promoted, from: "1.0.0", to: "1.2.0" });
    expect(await first).toMatchObject({ reasonCode: "run.lock-lost" });
    expect(scenario.state).toMatchObject({ history: ["1.2.0", "1.0.0"], weights: { "1.2.0": 100 } });
  });

  test("EX-06 of the same release without any lock still do nothing twice", async () => {
    const scenario = await world();
    const spec = specFor("bluegreen", "1.1.0");
    const results = await Promise.all([scenario.run(spec), scenario.run(spec)]);
    expect(results.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
    expect(scenario.state.history).toEqual(["1.1.0", "1.0.0"]);
    expect(scenario.environment.effects.filter((effect) => effect === "stable 1.1.0")).toHaveLength(1);
  });
});

describe("an environment that changes under a rollout", () => {
  test("KR-04 whose record was deleted is found as it is: the next run begins anew and ends well", async () => {
    const scenario = await world();
    const spec = specFor("canary", "1.1.0");
    await scenario.runUntilKilled(spec, 8);
    expect(scenario.state.weights["1.1.0"]).toBe(5);
    scenario.environment.apply({ type: "record", service: "shop", record: null });
    expect(await scenario.run(spec)).toMatchObject(promoted);
    expect(scenario.state.versions).toEqual({ "1.1.0": { desired: 4, ready: 4 } });
  });

  test("KR-04 whose record is deleted while it runs does not leave the traffic split", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 25);
    scenario.environment.apply({ type: "record", service: "shop", record: null });
    expect(await run).toMatchObject(promoted);
    expect(scenario.state).toMatchObject({ stable: "1.1.0", weights: { "1.1.0": 100 } });
  });

  test("KR-04 that is stopped for good in the middle is brought back by a rollback", async () => {
    const scenario = await world();
    const run = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 25);
    asks(scenario, "halt");
    expect(await run).toMatchObject({ status: "held", reasonCode: "deploy.held" });
    expect(scenario.state.weights).toEqual({ "1.0.0": 75, "1.1.0": 25 });
    const back = await rollbackService({
      ...scenario.surroundings,
      service: "shop",
      reason: { reasonCode: "rollback.verified", sentence: "The project is given up." },
    });
    expect(back.status).toBe("rolled_back");
    expect(scenario.state).toMatchObject({ stable: "1.0.0", rollout: null, versions: started });
  });
});

describe("how a deployment ended", () => {
  test("EC-01 a release that was rolled back is red, however well the rollback went", async () => {
    const scenario = await world({ behaviour: { "1.1.0": { errorRatio: 0.3 } } });
    const result = await scenario.run(specFor("canary", "1.1.0"));
    expect(result.status).toBe("rolled_back");
    expect(mayContinue(result.status)).toBe(false);
  });

  test("EC-01 a version that could not start is red", async () => {
    for (const behaviour of [{ refuses: "deploy.artifact-unusable" as const }, { neverReady: true }]) {
      const scenario = await world({ behaviour: { "1.1.0": behaviour } });
      const result = await scenario.run(specFor("rolling", "1.1.0"));
      expect(result.status).toBe("failed");
      expect(mayContinue(result.status)).toBe(false);
    }
  });

  test("EC-02 a deployment that another one replaced while it ran is not called its success", async () => {
    const scenario = await world();
    const first = scenario.run(specFor("canary", "1.1.0"));
    await reached(scenario, "1.1.0", 5);
    asks(scenario, "abort");
    await after(scenario, 30);
    const second = await scenario.run(specFor("bluegreen", "1.2.0"), { samples: [] });
    expect(second).toMatchObject(promoted);
    expect((await first).status).toBe("rolled_back");
  });

  test("EC-03 where nothing was to be deployed nothing is waited for, and that is said", async () => {
    const scenario = await world();
    const { calls } = scenario.environment;
    const result = await scenario.run(specFor("canary", "1.0.0"));
    expect(result).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged", verdict: null });
    expect(result.seconds).toBeLessThan(1);
    expect(scenario.environment.calls).toBe(calls);
    expect(sharesOf(scenario, "1.0.0")).toEqual([]);
  });
});
