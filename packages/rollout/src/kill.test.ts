import { describe, expect, test } from "vitest";
import { type Case, cases, open, toTheEnd, untilKilled } from "./testing/interruptions.ts";
import type { Scenario } from "./testing/scenario.ts";

/** What happened, without the books: the effects that users or operators can see. */
const visible = ({ environment: { effects } }: Scenario) =>
  effects.filter((effect) => !effect.startsWith("record") && !effect.startsWith("request"));

async function uninterrupted(one: Case) {
  const scenario = await open(one);
  const result = await toTheEnd(scenario, one);
  const { calls, looks } = scenario.environment;
  expect(result.status).toBe(one.ends);
  expectNobodyHurt(scenario, "without any interruption");
  return { calls, looks, effects: visible(scenario), state: scenario.state };
}

function expectNobodyHurt({ environment, state }: Scenario, when: string): void {
  expect(environment.violations, when).toEqual([]);
  expect(environment.traffic.lost, when).toBe(0);
  const total = Object.values(state.weights).reduce((sum, weight) => sum + weight, 0);
  expect([0, 100], when).toContain(total);
  for (const [version, weight] of Object.entries(state.weights))
    if (weight > 0) expect(state.versions[version]?.ready, when).toBeGreaterThan(0);
}

describe.each(cases)("$name", (one) => {
  test("killed after any side effect: the next run converges and does nothing twice (R252, R253)", async () => {
    const whole = await uninterrupted(one);
    expect(whole.calls).toBeGreaterThan(4);
    for (let calls = 1; calls <= whole.calls; calls++) {
      const when = `killed after call ${calls} of ${whole.calls}`;
      const scenario = await open(one);
      expect(await untilKilled(scenario, one, calls), when).toBe(true);
      expectNobodyHurt(scenario, when);
      // A rollback that was closed is over: another run would be another attempt.
      const isOver = one.ends !== "succeeded" && scenario.state.rollout === null;
      if (!isOver) expect((await toTheEnd(scenario, one)).status, when).toBe(one.ends);
      expect(scenario.state, when).toEqual(whole.state);
      if (!one.isJudgedBad) expect(visible(scenario), when).toEqual(whole.effects);
      expectNobodyHurt(scenario, when);
    }
  });

  test("killed again and again, after each call or two that it makes: it still gets there", async () => {
    const whole = await uninterrupted(one);
    const scenario = await open(one);
    // On the way back every run calls the traffic back first, whatever it sees; the next call gets it further.
    const calls = one.ends === "succeeded" ? 1 : 2;
    for (let runs = 0; await untilKilled(scenario, one, calls); runs++) {
      expect(runs).toBeLessThan(200);
      await scenario.clock.sleep(1000); // the next run needs a moment to start
      if (one.ends !== "succeeded" && scenario.state.rollout === null) break;
    }
    expect(scenario.state).toEqual(whole.state);
    expectNobodyHurt(scenario, "at the end");
  });

  test("stopped after any side effect: the traffic is on a ready version at once, and nothing is left behind", async () => {
    const whole = await uninterrupted(one);
    for (let calls = 1; calls <= whole.calls; calls++)
      await stopped(one, whole, `stopped after call ${calls} of ${whole.calls}`, ({ environment }, stop) => {
        environment.afterCall = (number) => {
          if (number === calls) stop();
        };
      });
  });

  test("stopped at any look: the traffic is on a ready version at once, and nothing is left behind", async () => {
    const whole = await uninterrupted(one);
    for (let looks = 1; looks <= whole.looks; looks++)
      await stopped(one, whole, `stopped at look ${looks} of ${whole.looks}`, ({ environment }, stop) => {
        const { afterLook } = environment;
        environment.afterLook = (number, seen) => {
          if (number === looks) stop();
          else afterLook?.(number, seen);
        };
      });
  });
});

/** Stops a run where `arrange` says, expects that it leaves an orderly place, and runs again to the end. */
async function stopped(
  one: Case,
  whole: Awaited<ReturnType<typeof uninterrupted>>,
  when: string,
  arrange: (scenario: Scenario, stop: () => void) => void,
): Promise<void> {
  const scenario = await open(one);
  const { environment } = scenario;
  const before = scenario.state;
  const controller = new AbortController();
  let effectsAtStop = 0;
  arrange(scenario, () => {
    effectsAtStop = environment.effects.length;
    controller.abort(new Error("SIGINT"));
  });
  environment.looks = 0;
  const result = await toTheEnd(scenario, one, { signal: controller.signal });
  environment.afterCall = null;
  const { state } = scenario;
  const isPromoted = state.stable === one.spec.version.version;
  const possible = isPromoted ? ["succeeded"] : ["cancelled", one.ends];
  expect(possible, when).toContain(result.status);
  if (!isPromoted) {
    expect(state, when).toMatchObject({ stable: before.stable, weights: before.weights, rollout: null });
    expect(state.versions, when).toEqual(before.versions);
    const after = environment.effects.slice(effectsAtStop);
    const hadTraffic = environment.effects
      .slice(0, effectsAtStop)
      .some((effect) => effect.startsWith("weights") && effect.includes(one.spec.version.version));
    if (hadTraffic && one.spec.strategy === "canary" && result.status === "cancelled")
      expect(after[0], when).toBe(`weights ${JSON.stringify(before.weights)}`);
  }
  expectNobodyHurt(scenario, when);

  const again = await toTheEnd(scenario, one);
  expect(again.status, when).toBe(one.ends);
  expect(scenario.state, when).toEqual(whole.state);
  expectNobodyHurt(scenario, when);
}
