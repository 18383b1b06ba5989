import type { VersionSpec } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { differingKeys, runsTheSame } from "./configuration.ts";
import { Scenario, specFor, version } from "./testing/scenario.ts";

/** It must not be seen anywhere. */
const hidden = "hidden-4711";
const { healthCheck, ...trusted } = version("1.0.0");
const other: [string, Partial<VersionSpec>, string[]][] = [
  ["another command", { command: ["node", hidden] }, ["command"]],
  ["another variable", { environment: { LOG_LEVEL: hidden } }, ["environment.LOG_LEVEL"]],
  [
    "another path of its health",
    { healthCheck: { ...healthCheck, path: `/${hidden}` } },
    ["healthCheck.path"],
  ],
  [
    "another time for its health",
    { healthCheck: { ...healthCheck, timeoutSeconds: 47 } },
    ["healthCheck.timeout"],
  ],
  ["another secret", { secrets: ["TOKEN"] }, ["secrets"]],
  [
    "much else",
    { command: [], environment: { B: hidden, A: hidden }, secrets: ["TOKEN"] },
    ["command", "environment.A", "environment.B", "secrets"],
  ],
];
const asked = (changes: Partial<VersionSpec>, more = {}) =>
  specFor("canary", "1.0.0", { version: { ...version("1.0.0"), ...changes }, ...more });

describe.each(other)("the version that is trusted, with %s", (_, changes, keys) => {
  test.each([{}, { replicas: 6 }])(
    "and %j: nothing is started, and the keys are named without values",
    async (count) => {
      const scenario = await Scenario.withOld();
      const result = await scenario.run(asked({ ...changes, ...count }));
      expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.configuration-differs" });
      expect(result.message).toContain(`another configuration: ${keys.join(", ")} differ`);
      expect(result.message).toContain("Give the release a version of its own");
      expect(JSON.stringify([result, scenario.events])).not.toContain(hidden);
      expect(scenario.environment.calls).toBe(0);
    },
  );
});

describe("is no difference", () => {
  test("the number of replicas, also when the run is killed in between", async () => {
    for (const calls of [1, 2, 3]) {
      const scenario = await Scenario.withOld();
      await scenario.runUntilKilled(asked({ replicas: 6 }), calls);
      expect(await scenario.run(asked({ replicas: 6 }))).toMatchObject({ reasonCode: "deploy.unchanged" });
      expect(scenario.state.versions).toEqual({ "1.0.0": { desired: 6, ready: 6 } });
      expect(scenario.environment.effects).toEqual(["ensure 1.0.0 x6", "stable 1.0.0"]);
    }
  });

  test("the number of replicas; the next release counts from that number", async () => {
    const scenario = await Scenario.withOld();
    await scenario.run(specFor("canary", "1.0.0", { version: version("1.0.0", 6) }));
    expect(scenario.environment.observe().history).toMatchObject([{ revision: 1, spec: { replicas: 6 } }]);
    scenario.environment.behave("1.1.0", { neverReady: true });
    const bad = await scenario.run(specFor("rolling", "1.1.0", { version: version("1.1.0", 6) }));
    expect(bad.status).not.toBe("succeeded");
    expect(scenario.state.versions["1.0.0"]).toMatchObject({ ready: 6 });
  });

  test("the order of names, and secrets that are named twice", () => {
    const one = { ...version("1.0.0"), secrets: ["A", "B"], environment: { X: "1", Y: "2" } };
    const two = { ...version("1.0.0"), secrets: ["B", "A", "B"], environment: { Y: "2", X: "1" } };
    expect(differingKeys(one, two)).toEqual([]);
    expect(runsTheSame(one, two)).toBe(true);
  });

  test("where other services are, whether it was known then or is now", async () => {
    const scenario = await Scenario.withOld();
    const found = { environment: { ORDERS_URL: "http://127.0.0.1:1" } };
    const again = await scenario.run(asked(found, { lookedUp: ["ORDERS_URL"] }));
    expect(again).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    const [then, now] = [{ ...version("1.0.0"), ...found }, version("1.0.0")];
    expect(differingKeys(then, now, ["ORDERS_URL"])).toEqual([]);
    expect(differingKeys(then, now)).toEqual(["environment.ORDERS_URL"]);
  });

  test("what a history of before does not know", () => {
    const { failureThreshold, ...fewer } = healthCheck;
    const before = { ...trusted, healthCheck: fewer, secrets: undefined } as unknown as VersionSpec;
    const now = { ...trusted, healthCheck, secrets: ["TOKEN"] };
    expect(differingKeys(before, now)).toEqual([]);
    expect(differingKeys({ ...trusted } as VersionSpec, now)).toEqual(["secrets"]);
  });
});

describe("while the version before still stands by", () => {
  const release = (changes: Partial<VersionSpec> = {}) => ({
    ...specFor("bluegreen", "1.1.0", { keepOldForSeconds: 600, leavesOld: true }),
    id: `plan-1.1.0-${JSON.stringify(changes)}`,
    version: { ...version("1.1.0"), ...changes },
  });

  test("a refused configuration does not cost it", async () => {
    const scenario = await Scenario.withOld();
    expect(await scenario.run(release())).toMatchObject({ reasonCode: "deploy.promoted" });
    const { calls } = scenario.environment;
    const result = await scenario.run(release({ environment: { LOG_LEVEL: hidden } }));
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.configuration-differs" });
    expect(scenario.environment.calls).toBe(calls);
    expect(Object.keys(scenario.state.versions)).toEqual(["1.0.0", "1.1.0"]);
  });

  test("a release that died with one configuration goes out with another: it was not trusted yet", async () => {
    const spec = release({ environment: { LOG_LEVEL: hidden } });
    for (let calls = 1; calls <= 6; calls++) {
      const scenario = await Scenario.withOld();
      await scenario.runUntilKilled(release(), calls);
      if (scenario.environment.observe().stable === "1.1.0") break;
      expect(await scenario.run(spec), `after call ${calls}`).toMatchObject({ status: "succeeded" });
      expect(scenario.environment.observe().history[0]!.spec.environment).toEqual({ LOG_LEVEL: hidden });
    }
  });
});
