import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, readyReplicas, startLoad, type TestEnvironment, testEnvironment } from "./environment.ts";

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await testEnvironment();
});
afterAll(() => environment.stop());

describe("traffic", () => {
  test("no request is lost while weights change, replicas come and go, and versions are removed, at 200 requests/s", async () => {
    const { target, router, until, spec } = environment;
    await environment.start("1.0.0", { replicas: 2 });
    await router.setWeights("orders", { "1.0.0": 100 });
    const { url } = await target.observe("orders");
    const load = startLoad(url!, 200);
    const enough = async (count: number) => {
      const goal = load.sent + count;
      await until(() => load.sent >= goal);
    };
    try {
      await environment.start("2.0.0", { replicas: 2 });
      for (const weight of [5, 25, 50]) {
        await router.setWeights("orders", { "1.0.0": 100 - weight, "2.0.0": weight });
        await enough(60);
      }
      await target.apply({
        type: "ensure-version",
        service: "orders",
        spec: spec("2.0.0", { replicas: 1 }),
        secrets: {},
      });
      await until((now) => now.versions.find((v) => v.version === "2.0.0")?.replicas.length === 1);
      const scaled = await environment.start("2.0.0", { replicas: 3 });
      const old = scaled.versions.flatMap((v) => v.replicas.map(({ id }) => id));
      await enough(60);
      // The same version with another configuration: its replicas are replaced one after the other.
      await target.apply({
        type: "ensure-version",
        service: "orders",
        spec: spec("2.0.0", { replicas: 3, environment: { COLOUR: "green" } }),
        secrets: {},
      });
      await until((now) => {
        const { replicas } = now.versions.find((v) => v.version === "2.0.0")!;
        return readyReplicas(now, "2.0.0") === 3 && replicas.every(({ id }) => !old.includes(id));
      });
      await router.setWeights("orders", { "2.0.0": 100 });
      await target.apply({ type: "remove-version", service: "orders", version: "1.0.0" });
      await until((now) => now.versions.every((v) => v.version !== "1.0.0"));
      await enough(60);
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    expect(load.sent).toBeGreaterThan(300);
    expect(Object.keys(load.byVersion).sort()).toEqual(["1.0.0", "2.0.0"]);
    const counters = await environment.readCounters("orders");
    expect(counters.versions["2.0.0"]).toMatchObject({
      requests: load.byVersion["2.0.0"],
      errors: 0,
      inFlight: 0,
    });
  });

  test("shares are exact: of 200 requests 5 % are 10 (R240)", async () => {
    await environment.start("3.0.0");
    await environment.router.setWeights("orders", { "2.0.0": 95, "3.0.0": 5 });
    const { url } = await environment.target.observe("orders");
    const before = await environment.metrics.read("orders", { canary: "3.0.0", baseline: "2.0.0" });
    for (let i = 0; i < 200; i++) await ask(url!);
    const after = await environment.metrics.read("orders", { canary: "3.0.0", baseline: "2.0.0" });
    expect(after.canary!.requests - before.canary!.requests).toBe(10);
    expect(after.baseline!.requests - before.baseline!.requests).toBe(190);
    expect(after.canary!.latency["+Inf"]).toBe(after.canary!.requests);
  });
});
