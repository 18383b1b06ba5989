import { policyFor } from "@sluice/judge";
import type { VersionSpec } from "@sluice/ports";
import { systemClock } from "@sluice/process";
import { type RolloutEvent, type RolloutOptions, type RolloutSpec, runRollout } from "@sluice/rollout";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  ask,
  type Load,
  readyReplicas,
  startLoad,
  type TestEnvironment,
  testEnvironment,
} from "./environment.ts";

type Weights = Record<string, number>;
const promoted = { status: "succeeded", reasonCode: "deploy.promoted" };

let environment: TestEnvironment;
let load: Load | null = null;
beforeAll(async () => {
  environment = await testEnvironment({ drainSeconds: 5, graceSeconds: 1 });
});
afterEach(async () => {
  await load?.stop();
  load = null;
});
afterAll(() => environment.stop());

/** One service of its own for each case, with its releases and its users. */
function scene(service: string) {
  const { target, router, metrics, spec } = environment;
  const events: RolloutEvent[] = [];
  const release = (
    version: string,
    { changes, ...more }: Partial<RolloutSpec> & { changes?: Partial<VersionSpec> } = {},
    options: Partial<RolloutOptions> = {},
  ) => {
    const wanted: RolloutSpec = {
      ...{ id: `${service}/${version}`, service, secrets: {}, strategy: "canary", startTimeoutSeconds: 10 },
      steps: [{ weight: 20, pauseSeconds: 0.4 }],
      version: spec(version, { replicas: 2, ...changes }),
      ...more,
    };
    return runRollout({
      ...{ target, router, metrics, clock: systemClock, spec: wanted, pollSeconds: 0.05, sampleSeconds: 0.1 },
      // Differences in latency below two seconds are those of the machine, not of a version.
      policy: policyFor({ steps: wanted.steps ?? [], minimumRequests: 5, latencyFloorMilliseconds: 2000 }),
      record: (event) => void events.push(event),
      ...options,
    });
  };
  return {
    release,
    observe: () => target.observe(service),
    url: async () => (await target.observe(service)).url!,
    users: async (ratePerSecond = 150) => {
      load = startLoad((await target.observe(service)).url!, ratePerSecond);
      return load;
    },
    /** Shares that the version had one after the other. */
    shares: (version: string) =>
      events.flatMap((event) => {
        const share = event.type === "rollout.weights" && (event.data.weights as Weights)[version];
        return share ? [share] : [];
      }),
    until: (check: Parameters<TestEnvironment["until"]>[0]) => environment.until(check, service),
  };
}

const failing = { environment: { STATUS: "500" } };
describe("with real processes and real users", () => {
  test("FL-01 the first release, a canary, a blue-green and one that testers see before: no request is lost", async () => {
    const { release, users, url, shares, observe } = scene("first");
    expect(await release("1.0.0")).toMatchObject({ ...promoted, from: null });
    const customers = await users();
    expect(await release("1.1.0")).toMatchObject(promoted);
    expect(await release("1.2.0", { strategy: "bluegreen" })).toMatchObject(promoted);
    const address = await url();
    const seen: (string | undefined)[] = [];
    const tested = release(
      "1.3.0",
      {
        ...{ steps: [], darkLaunch: { pauseSeconds: 0.3 } },
        routing: { testers: { header: "x-tester" } },
      },
      {
        afterStep: async () => {
          if (seen.length > 0) return;
          for (const headers of [{ accept: "*/*" }, { "x-tester": "1" }] as Record<string, string>[])
            seen.push((await ask(address, { headers })).version);
        },
      },
    );
    expect(await tested).toMatchObject(promoted);
    expect(seen).toEqual(["1.2.0", "1.3.0"]);
    expect(shares("1.1.0")).toEqual([20, 100]);
    expect((await observe()).weights).toEqual({ "1.3.0": 100 });
    await customers.stop();
    expect(customers.failures).toEqual([]);
    expect(Object.keys(customers.byVersion).sort()).toEqual(["1.0.0", "1.1.0", "1.2.0", "1.3.0"]);
  });

  test("FL-02 and FL-03: 500s are rolled back after passed tests; what serves starts nothing; mended, it goes out", async () => {
    const { release, users, observe } = scene("second");
    await release("1.0.0");
    const customers = await users();
    const tested: number[] = [];
    const beforeSwitch = async (replica: string) => {
      tested.push((await ask(`${replica}/health`)).status);
    };
    const steps = [{ weight: 20, pauseSeconds: 20 }];
    for (let n = 0; n < 2; n++) {
      const bad = await release("1.1.0", { changes: failing, steps }, { beforeSwitch });
      expect(bad).toMatchObject({ status: "rolled_back", reasonCode: "deploy.rolled-back" });
      const { weights, versions } = await observe();
      expect(weights).toEqual({ "1.0.0": 100 });
      expect(versions.map(({ version }) => version)).toEqual(["1.0.0"]);
    }
    expect(tested).toEqual([200, 200]);
    expect(await release("1.0.0")).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    expect(await release("1.1.0", { id: "mended" })).toMatchObject(promoted);
    await customers.stop();
    expect(customers.failures.length).toBeGreaterThan(0);
    expect(customers.failures.filter((failure) => failure !== "status 500: 1.1.0")).toEqual([]);
  });

  test("FL-04 steps that are not even have the shares that they say", async () => {
    const { release, users, shares } = scene("fourth");
    await release("1.0.0");
    const customers = await users();
    const measured: number[] = [];
    const service = "fourth";
    const steps = [1, 10, 80].map((weight) => ({ weight, pauseSeconds: 0 }));
    const result = await release(
      "1.1.0",
      { steps },
      {
        metrics: null,
        afterStep: async (url) => {
          const versions = { canary: "1.1.0", baseline: "1.0.0" };
          const before = await environment.metrics.read(service, versions);
          for (let i = 0; i < 100; i++) await ask(url);
          const after = await environment.metrics.read(service, versions);
          const canary = after.canary!.requests - (before.canary?.requests ?? 0);
          const baseline = after.baseline!.requests - before.baseline!.requests;
          measured.push((100 * canary) / (canary + baseline));
        },
      },
    );
    expect(result).toMatchObject(promoted);
    expect(shares("1.1.0")).toEqual([1, 10, 80, 100]);
    for (const [i, weight] of [1, 10, 80, 100].entries())
      expect(Math.abs(measured[i]! - weight)).toBeLessThanOrEqual(1);
    await customers.stop();
    expect(customers.failures).toEqual([]);
  });

  test("FL-07 a user stays with the version that answered as long as there are two; then the cookie is removed", async () => {
    const { release, url } = scene("fifth");
    await release("1.0.0");
    const address = await url();
    const kept: (string | undefined)[] = [];
    let cookie = "";
    const result = await release(
      "1.1.0",
      { steps: [{ weight: 50, pauseSeconds: 0 }], routing: { isSticky: true } },
      {
        metrics: null,
        afterStep: async () => {
          if (cookie) return;
          for (let i = 0; i < 4 && !cookie; i++) {
            const answer = await fetch(address);
            if ((await answer.text()) === "1.1.0") cookie = answer.headers.get("set-cookie")!.split(";")[0]!;
          }
          for (let i = 0; i < 10; i++) kept.push((await ask(address, { headers: { cookie } })).version);
        },
      },
    );
    expect(result).toMatchObject(promoted);
    expect(kept).toEqual(Array(10).fill("1.1.0"));
    const afterwards = await fetch(address, { headers: { cookie } });
    expect(afterwards.headers.get("set-cookie")).toContain("Max-Age=0");
  });

  test("AR-04 a version that does not start costs the old one none of its replicas, and is replaced by the next", async () => {
    const { release, users, observe, until } = scene("sixth");
    await release("1.0.0", { changes: { replicas: 3 } });
    const customers = await users();
    const sick = { replicas: 3, environment: { UNHEALTHY: "1" } };
    const stop = new AbortController();
    const rolling = { strategy: "rolling", changes: sick } as const;
    const first = release("1.1.0", rolling, { signal: stop.signal });
    const during = await until((seen) => seen.versions.some(({ version }) => version === "1.1.0"));
    expect(readyReplicas(during, "1.0.0")).toBe(3);
    expect(during.versions.find(({ version }) => version === "1.1.0")!.desired).toBe(1);
    stop.abort();
    expect((await first).status).toBe("cancelled");
    const second = await release("1.2.0", { ...rolling, startTimeoutSeconds: 0.5 });
    expect(second).toMatchObject({ status: "failed", reasonCode: "deploy.unhealthy" });
    const now = await observe();
    expect(now.versions.map(({ version, desired }) => [version, desired])).toEqual([["1.0.0", 3]]);
    expect(readyReplicas(now, "1.0.0")).toBe(3);
    await customers.stop();
    expect(customers.failures).toEqual([]);
    expect(Object.keys(customers.byVersion)).toEqual(["1.0.0"]);
  });

  test("AR-09 replicas that are restarted for another configuration go one after the other, under their users", async () => {
    const { release, users, until, observe } = scene("seventh");
    await release("1.0.0", { changes: { replicas: 3 } });
    const before = (await observe()).versions[0]!.replicas.map(({ id }) => id);
    const customers = await users();
    await environment.target.apply({
      type: "ensure-version",
      service: "seventh",
      spec: environment.spec("1.0.0", { replicas: 3, environment: { COLOUR: "green" } }),
      secrets: {},
    });
    const ready: number[] = [];
    await until((seen) => {
      ready.push(readyReplicas(seen, "1.0.0"));
      const { replicas } = seen.versions[0]!;
      return ready.at(-1) === 3 && replicas.every(({ id }) => !before.includes(id));
    });
    expect(Math.min(...ready)).toBeGreaterThanOrEqual(2);
    await customers.stop();
    expect(customers.failures).toEqual([]);
  });

  test("AR-15 on the way back from a rolling deployment no request is lost, whatever is ready", async () => {
    const { release, users, observe, shares } = scene("eighth");
    await release("1.0.0", { changes: { replicas: 3 } });
    const customers = await users();
    let checks = 0;
    const result = await release(
      "1.1.0",
      { strategy: "rolling", rolling: { pauseSeconds: 0 }, changes: { replicas: 3 } },
      {
        metrics: null,
        afterStep: async () => {
          if (++checks === 2) throw new Error("GET /api/orders answered 500");
        },
      },
    );
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.check-failed" });
    expect(shares("1.1.0").slice(0, 2)).toEqual([33, 67]);
    const now = await observe();
    expect(now.weights).toEqual({ "1.0.0": 100 });
    expect(readyReplicas(now, "1.0.0")).toBe(3);
    await customers.stop();
    expect(customers.failures).toEqual([]);
    expect(Object.keys(customers.byVersion).sort()).toEqual(["1.0.0", "1.1.0"]);
  });
});
