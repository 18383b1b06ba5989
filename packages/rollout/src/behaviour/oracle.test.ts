import { describe, expect, test } from "vitest";
import { Scenario, specFor, version } from "../testing/scenario.ts";
import { after, lostNothing, world } from "../testing/world.ts";

describe("the count of lost requests that every case ends with", () => {
  test("AR-32 finds each request that went to a version which was not ready", async () => {
    const scenario = await Scenario.withOld({ behaviour: { "1.1.0": { startSeconds: 5 } } });
    const { environment } = scenario;
    environment.apply({ type: "ensure-version", service: "shop", spec: version("1.1.0"), secrets: {} });
    environment.setWeights({ "1.0.0": 90, "1.1.0": 10 });
    await after(scenario, 10);
    environment.settle();
    // A tenth of 100 requests a second, from 0.5 s on, when the data plane has followed, to 5 s.
    expect(environment.traffic.lost).toBe(45);
    expect(environment.violations).toEqual(["10 % to 1.1.0, which is not ready"]);
    expect(() => lostNothing(scenario)).toThrow();
  });

  test("AR-32 finds a version that is removed under its users, and an entry that is closed", async () => {
    const removed = await Scenario.withOld({ lagSeconds: 5 });
    const { environment } = removed;
    environment.apply({ type: "ensure-version", service: "shop", spec: version("1.1.0"), secrets: {} });
    await after(removed, 2);
    environment.setWeights({ "1.1.0": 100 });
    environment.apply({ type: "remove-version", service: "shop", version: "1.0.0" });
    expect(environment.violations).toEqual(["1.0.0 was removed before the data plane had left it"]);
    expect(() => lostNothing(removed)).toThrow();

    const closed = await Scenario.withOld();
    closed.environment.setWeights({});
    await after(closed, 2);
    expect(() => lostNothing(closed)).toThrow();
  });

  test("AR-32 finds none in a good and none in a bad release, of any size of traffic", async () => {
    for (const requestsPerSecond of [0.1, 10_000])
      for (const errorRatio of [0, 0.3]) {
        const scenario = await world({ requestsPerSecond, behaviour: { "1.1.0": { errorRatio } } });
        await scenario.run(specFor("canary", "1.1.0"));
        lostNothing(scenario);
      }
  });
});
