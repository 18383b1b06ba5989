import type { Strategy } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import type { RolloutSpec } from "./spec.ts";
import { Scenario, specFor } from "./testing/scenario.ts";

const strategies: Strategy[] = ["canary", "rolling", "bluegreen", "recreate"];

/** What happened, without the books: the effects that users or operators can see. */
const visible = (effects: readonly string[]) => effects.filter((effect) => !effect.startsWith("record"));

async function uninterrupted(spec: RolloutSpec, behaviour = {}) {
  const scenario = await Scenario.withOld({ behaviour });
  const result = await scenario.run(spec);
  return {
    calls: scenario.environment.calls,
    effects: [...scenario.environment.effects],
    state: scenario.state,
    result,
  };
}

describe.each(strategies)("a %s whose runner is killed", (strategy) => {
  test("after any side effect: the next run converges and repeats nothing (R252, R253)", async () => {
    const spec = specFor(strategy, "1.1.0");
    const whole = await uninterrupted(spec);
    expect(whole.result.status).toBe("succeeded");
    for (let calls = 1; calls <= whole.calls; calls++) {
      const scenario = await Scenario.withOld();
      const first = await scenario.runUntilKilled(spec, calls);
      expect(first, `killed after call ${calls}`).toBeNull();
      const second = await scenario.run(spec);
      const { environment } = scenario;
      expect(["deploy.promoted", "deploy.unchanged"], `after call ${calls}`).toContain(second.reasonCode);
      expect(scenario.state, `after call ${calls}`).toEqual(whole.state);
      expect(visible(environment.effects), `after call ${calls}`).toEqual(visible(whole.effects));
      expect(environment.violations).toEqual([]);
      expect(environment.traffic.lost).toBe(0);
    }
  });

  test("again and again, after each call it makes: it still gets there", async () => {
    const spec = specFor(strategy, "1.1.0");
    const whole = await uninterrupted(spec);
    const scenario = await Scenario.withOld();
    let result = null;
    let runs = 0;
    while (result === null && runs++ < 100) {
      result = await scenario.runUntilKilled(spec, 1);
      await scenario.clock.sleep(1000); // the next run needs a moment to start
    }
    expect(result?.status).toBe("succeeded");
    expect(scenario.state).toEqual(whole.state);
    expect(visible(scenario.environment.effects)).toEqual(visible(whole.effects));
    expect(scenario.environment.traffic.lost).toBe(0);
  });

  test("during the rollback of a bad release: the next run ends the rollback and does not try again", async () => {
    if (strategy === "recreate") return; // nothing is judged: there is never more than one version
    const spec = specFor(strategy, "1.1.0");
    const behaviour = { "1.1.0": { errorRatio: 0.3 } };
    const rolling = strategy === "rolling" ? { rolling: { pauseSeconds: 120 } } : {};
    const bad = { ...spec, ...rolling };
    const whole = await uninterrupted(bad, behaviour);
    expect(whole.result.status).toBe("rolled_back");
    for (let calls = 1; calls <= whole.calls; calls++) {
      const scenario = await Scenario.withOld({ behaviour });
      await scenario.runUntilKilled(bad, calls);
      const isOver = scenario.state.rollout === null;
      const second = isOver ? null : await scenario.run(bad);
      if (second) expect(second.status, `after call ${calls}`).toBe("rolled_back");
      expect(scenario.state, `after call ${calls}`).toEqual(whole.state);
      expect(scenario.environment.violations).toEqual([]);
      expect(scenario.environment.traffic.lost).toBe(0);
    }
  });
});

describe.each(strategies)("a %s that is stopped", (strategy) => {
  test("after any side effect: the traffic is on a ready version at once, and nothing is left behind", async () => {
    const spec = specFor(strategy, "1.1.0");
    const whole = await uninterrupted(spec);
    for (let calls = 1; calls <= whole.calls; calls++) {
      const scenario = await Scenario.withOld();
      const { environment } = scenario;
      const controller = new AbortController();
      const stopAt = environment.calls + calls;
      let atStop = 0;
      environment.afterCall = (number) => {
        if (number !== stopAt) return;
        controller.abort(new Error("SIGINT"));
        atStop = environment.effects.length;
      };
      const result = await scenario.run(spec, { signal: controller.signal });
      environment.afterCall = null;
      const isPromoted = scenario.state.stable === "1.1.0";
      expect(result.status, `after call ${calls}`).toBe(isPromoted ? "succeeded" : "cancelled");
      if (!isPromoted) {
        expect(scenario.state.weights).toEqual({ "1.0.0": 100 });
        expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 4, ready: 4 } });
        expect(scenario.state.rollout).toBeNull();
        const after = environment.effects.slice(atStop);
        const had = environment.effects
          .slice(0, atStop)
          .some((effect) => effect.startsWith('weights {"1.0.0"'));
        if (had && strategy === "canary")
          expect(after[0], `after call ${calls}`).toBe('weights {"1.0.0":100}');
      }
      expect(environment.violations).toEqual([]);
      expect(environment.traffic.lost).toBe(0);

      const again = await scenario.run(spec);
      expect(again.status).toBe("succeeded");
      expect(scenario.state).toEqual(whole.state);
    }
  });
});
