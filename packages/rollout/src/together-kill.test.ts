import type { Behaviour } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { back, both, Duo, expectOrder, type Name, names, promoted } from "./testing/duo.ts";

const ill: [string, Partial<Record<Name, Behaviour>>, object][] = [
  ["are good", {}, promoted],
  ["of which one is bad", { payments: { errorRatio: 0.3 } }, back],
  ["of which one dies", { orders: { diesAfterSeconds: 70 } }, back],
];

describe.each(ill)("services together that %s", (_, behaviour, end) => {
  const whole = async () => {
    const duo = await Duo.withOld(behaviour);
    await duo.run();
    expect(duo.state).toEqual(both(end));
    return duo;
  };

  test("killed after any side effect of either: the next run converges and does nothing twice (R252, R253)", async () => {
    const uninterrupted = await whole();
    expect(uninterrupted.calls).toBeGreaterThan(10);
    for (let calls = 1; calls <= uninterrupted.calls; calls++) {
      const when = `killed after call ${calls} of ${uninterrupted.calls}`;
      const duo = await Duo.withOld(behaviour);
      expect(await duo.isKilledAfter(calls), when).toBe(true);
      await duo.run();
      expect(duo.state, when).toEqual(both(end));
      if (end === promoted)
        for (const service of names)
          expect(duo.visible(service), when).toEqual(uninterrupted.visible(service));
      expectOrder(duo, when);
    }
  });

  test("killed again and again: they still get there", async () => {
    const duo = await Duo.withOld(behaviour);
    // One of the two calls for the traffic again in every run on the way back, whatever it sees.
    for (let runs = 0; await duo.isKilledAfter(end === promoted ? 1 : 3); runs++) {
      expect(runs).toBeLessThan(200);
      await duo.clock.sleep(1000);
      if (end === back && names.every((service) => duo.recordOf(service) === null)) break;
    }
    expect(duo.state).toEqual(both(end));
    expectOrder(duo);
  });

  test("stopped after any side effect of either: all traffic is on ready versions at once, and nothing is left", async () => {
    const uninterrupted = await whole();
    for (let calls = 1; calls <= uninterrupted.calls; calls++) {
      const when = `stopped after call ${calls} of ${uninterrupted.calls}`;
      const duo = await Duo.withOld(behaviour);
      const controller = new AbortController();
      duo.afterCall(calls, () => controller.abort(new Error("SIGINT")));
      const { services } = await duo.run({ signal: controller.signal });
      for (const [index, { service, stable, weights, rollout }] of duo.state.entries()) {
        expect(weights, when).toEqual({ [stable!]: 100 });
        expect(rollout?.phase ?? "draining", when).toBe("draining");
        const possible = stable === "1.1.0" ? ["succeeded"] : ["cancelled", "rolled_back", "failed"];
        expect(possible, `${service} ${when}`).toContain(services[index]!.status);
      }
      // Where one was trusted already it is for the release as a whole to take that back.
      const isHalf = new Set(duo.state.map(({ stable }) => stable)).size > 1;
      await duo.run();
      expect(duo.state, when).toEqual(both(end));
      if (isHalf) duo.outOfStep.length = 0;
      expectOrder(duo, when);
    }
  });
});
