import type { Strategy } from "@sluice/documents";
import type { Observation, OperatorRequest, RolloutRecord } from "@sluice/ports";
import { Killed } from "@sluice/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RolloutSpec } from "./spec.ts";
import { Scenario, specFor } from "./testing/scenario.ts";

/** What happens to a rollout from outside; times in seconds. */
type Happening =
  | { type: "time"; seconds: number }
  | { type: "request"; kind: OperatorRequest["kind"]; isStale: boolean }
  | { type: "kill"; calls: number }
  | { type: "stop" }
  | { type: "metrics"; areAway: boolean }
  | { type: "new-version"; is: "well" | "failing" | "slow to start" | "dying" };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("time" as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("request" as const),
      kind: fc.constantFrom("promote", "promote-full", "halt", "abort"),
      isStale: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("kill" as const), calls: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("stop" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("metrics" as const), areAway: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("new-version" as const),
      is: fc.constantFrom("well", "failing", "slow to start", "dying"),
    }),
  },
);

const pause = fc.oneof(
  { weight: 4, arbitrary: fc.record({ pauseSeconds: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 1, arbitrary: fc.constant({ pauseSeconds: 0, isManual: true as const }) },
);
const weights = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 })
  .map((some) => some.sort((a, b) => a - b));
const steps = fc
  .tuple(weights, fc.array(pause, { minLength: 5, maxLength: 5 }))
  .map(([some, pauses]) => [...some, 100].map((weight, i) => ({ weight, ...pauses[i]! })));

const spec: fc.Arbitrary<RolloutSpec> = fc
  .record({
    strategy: fc.constantFrom<Strategy>("canary", "rolling", "bluegreen", "recreate"),
    steps,
    darkLaunch: fc.option(pause, { nil: undefined }),
    isSticky: fc.boolean(),
    batchSize: fc.integer({ min: 1, max: 4 }),
    keepOldForSeconds: fc.integer({ min: 0, max: 60 }),
    onBadRelease: fc.constantFrom("rollback", "hold"),
  })
  .map(({ strategy, steps, darkLaunch, isSticky, batchSize, keepOldForSeconds, onBadRelease }) =>
    specFor(strategy, "1.1.0", {
      steps,
      rolling: { batchSize, pauseSeconds: 10 },
      bluegreen: { switchSteps: steps, testDurationSeconds: 20 },
      keepOldForSeconds,
      onBadRelease,
      maxHoldSeconds: 60,
      ...(darkLaunch ? { darkLaunch } : {}),
      routing: { testers: { header: "X-Canary" }, mirrorPercent: 10, ...(isSticky ? { isSticky } : {}) },
    }),
  );

/** The rules of a rollout, checked at every call that could change something. */
class Rules {
  readonly broken: string[] = [];
  /** The run was told to stop: its first call puts the traffic back, before the record says so. */
  isStopped = false;
  private last: { id: string; isBack: boolean; weight: number } | null = null;
  private readonly scenario: Scenario;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    scenario.environment.afterCall = () => this.check();
  }

  check(): void {
    const { environment } = this.scenario;
    const seen = environment.observe();
    const asked = environment.asked;
    const sum = Object.values(asked).reduce((total, weight) => total + weight, 0);
    this.holds(sum === 0 || Math.abs(sum - 100) < 0.01, `the shares add up to ${sum}`);
    const isClosed = sum === 0 && seen.stable !== null;
    this.holds(!isClosed || seen.rollout?.strategy === "recreate", "the entry is closed");
    this.monotone(seen, asked["1.1.0"] ?? 0);
    const { routing, rollout } = seen;
    this.holds(routing === null || rollout !== null, "requests are routed though nothing is rolled out");
    this.holds(
      !routing?.mirrorPercent || (asked["1.1.0"] ?? 0) === 0,
      "requests of users are copied to a version that has users",
    );
  }

  /** The share of a version grows as long as it is rolled out, and shrinks from the moment it is taken back. */
  private monotone({ rollout }: Observation, weight: number): void {
    if (!rollout) {
      this.last = null;
      return;
    }
    const id = `${rollout.id} ${rollout.startedAt}`;
    const isBack = rollout.phase === "aborting";
    const before = this.last?.id === id ? this.last : null;
    if (before && !before.isBack && !isBack && !this.isStopped)
      this.holds(weight >= before.weight, `the share fell from ${before.weight} to ${weight} %`);
    if (before?.isBack)
      this.holds(
        weight <= before.weight,
        `the share rose from ${before.weight} to ${weight} % on the way back`,
      );
    if (before?.isBack) this.holds(isBack, "an abort was called off");
    this.last = { id, isBack, weight };
  }

  private holds(isTrue: boolean, otherwise: string): void {
    if (!isTrue) this.broken.push(otherwise);
  }
}

const behaviours = {
  well: {},
  failing: { errorRatio: 0.3 },
  "slow to start": { startSeconds: 20 },
  dying: { diesAfterSeconds: 40 },
};

/** Somebody lets the step that is under way go on. */
const promote = ({ environment, clock }: Scenario, { id, step }: RolloutRecord): void =>
  environment.leave({ rollout: id, kind: "promote", step, by: "bob", at: clock.now() });

/** A world in which runs begin again when they have ended, as somebody's pipeline would. */
class World {
  readonly scenario: Scenario;
  readonly rules: Rules;
  private readonly spec: RolloutSpec;
  private controller = new AbortController();
  private running: Promise<unknown> | null = null;

  constructor(scenario: Scenario, spec: RolloutSpec) {
    this.scenario = scenario;
    this.spec = spec;
    this.rules = new Rules(scenario);
  }

  begin(): void {
    if (this.running) return;
    this.controller = new AbortController();
    this.running = this.scenario
      .run(this.spec, { signal: this.controller.signal, pollSeconds: 5 })
      .catch((error) => {
        if (!(error instanceof Killed)) throw error;
      })
      .finally(() => {
        this.rules.isStopped = false;
        this.running = null;
      });
  }

  async happens(one: Happening): Promise<void> {
    const { scenario, spec } = this;
    const { environment, clock } = scenario;
    this.begin();
    switch (one.type) {
      case "time":
        return clock.sleep(1000 * one.seconds);
      case "request": {
        const { rollout } = environment.observe();
        if (!rollout) return;
        const step = (rollout?.step ?? 0) + (one.isStale ? 7 : 0);
        environment.leave({
          rollout: one.isStale ? "another" : spec.id,
          kind: one.kind,
          step,
          by: "ada",
          at: clock.now(),
        });
        return;
      }
      case "kill": {
        environment.killAfter = environment.calls + one.calls;
        const until = clock.now() + 30_000;
        while (this.running && clock.now() < until) await clock.sleep(1000);
        environment.revive();
        return;
      }
      case "stop":
        this.rules.isStopped = true;
        this.controller.abort(new Error("SIGINT"));
        return clock.sleep(5000);
      case "metrics":
        scenario.isMetricsAway = one.areAway;
        return;
      case "new-version":
        environment.behave("1.1.0", behaviours[one.is]);
        return;
    }
  }

  /** From now on nothing happens any more and people promote what waits for them. */
  async settles(): Promise<string> {
    const { scenario, spec } = this;
    const { environment } = scenario;
    environment.behave("1.1.0", {});
    scenario.isMetricsAway = false;
    environment.afterLook = (_, { rollout, request }) => {
      if (rollout && !request && rollout.stepStartedAt !== null && rollout.phase === "stepping")
        promote(scenario, rollout);
    };
    await this.running;
    for (let runs = 0; ; runs++) {
      const { status } = await scenario.run(spec, { pollSeconds: 5 });
      if (status === "succeeded" || runs === 6) return status;
    }
  }
}

describe("whatever happens to a rollout", () => {
  test("traffic is on versions that are ready, shares add up and only rise until it is taken back, and it ends (R252, R253)", async () => {
    await fc.assert(
      fc.asyncProperty(spec, fc.array(happening, { maxLength: 12 }), async (spec, happenings) => {
        const world = new World(await Scenario.withOld(), spec);
        const { environment } = world.scenario;
        for (const one of happenings) await world.happens(one);
        const status = await world.settles();
        expect(world.rules.broken).toEqual([]);
        expect(environment.violations).toEqual([]);
        expect(status).toBe("succeeded");
        expect(world.scenario.state).toMatchObject({
          stable: "1.1.0",
          weights: { "1.1.0": 100 },
          rollout: null,
          versions: { "1.1.0": { desired: 4, ready: 4 } },
        });
        expect(Object.keys(world.scenario.state.versions)).toEqual(["1.1.0"]);
        expect(environment.observe()).toMatchObject({ routing: null, request: null });
        // In this environment a version that becomes slow to start is not ready for that long from now on.
        const wasAway = happenings.some(
          (one) => one.type === "new-version" && (one.is === "dying" || one.is === "slow to start"),
        );
        if (!wasAway) expect(environment.traffic.lost).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test("an abort that a person asks for ends with everything on the old version", async () => {
    await fc.assert(
      fc.asyncProperty(spec, fc.integer({ min: 0, max: 200 }), async (spec, seconds) => {
        const scenario = await Scenario.withOld();
        const rules = new Rules(scenario);
        const { environment, clock } = scenario;
        const until = clock.now() + 1000 * seconds;
        environment.afterLook = (_, { rollout, request, stable }) => {
          if (!rollout || request || clock.now() < until) {
            if (rollout && !request && rollout.stepStartedAt !== null && stable === "1.0.0")
              promote(scenario, rollout);
            return;
          }
          if (rollout.phase !== "aborting" && stable === "1.0.0")
            environment.leave({ rollout: rollout.id, kind: "abort", step: 0, by: "ada", at: clock.now() });
        };
        const { status } = await scenario.run(spec, { pollSeconds: 5 });
        expect(rules.broken).toEqual([]);
        expect(environment.violations).toEqual([]);
        expect(environment.traffic.lost).toBe(0);
        if (status === "succeeded") return; // it was promoted before
        expect(["rolled_back", "cancelled"]).toContain(status);
        expect(scenario.state).toMatchObject({
          stable: "1.0.0",
          weights: { "1.0.0": 100 },
          rollout: null,
          versions: { "1.0.0": { desired: 4, ready: 4 } },
        });
        expect(environment.observe()).toMatchObject({ routing: null, request: null });
      }),
      { numRuns: 100 },
    );
  });
});
