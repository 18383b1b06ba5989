import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, run, startTimeOf } from "@sluice/process";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runningHost } from "../src/host-file.ts";
import { localTarget } from "../src/local-target.ts";
import { environmentStatus } from "../src/status.ts";
import { stopEnvironment } from "../src/stop.ts";
import {
  ask,
  hostEntry,
  readyReplicas,
  startLoad,
  type TestEnvironment,
  testEnvironment,
} from "./environment.ts";

let environment: TestEnvironment;
beforeEach(async () => {
  environment = await testEnvironment();
});
afterEach(() => environment.stop());

const until = (check: () => boolean | Promise<boolean>) =>
  vi.waitFor(async () => expect(await check()).toBe(true), { timeout: 15_000, interval: 20 });
const pidOf = async (url: string, version?: string) =>
  Number((await ask(`${url}/pid`, version ? { headers: { "x-sluice-version": version } } : {})).body);
const host = () => runningHost(environment.paths.host);

describe("the host of an environment", () => {
  test("is killed with SIGKILL under load: the next one adopts the replicas, the port, the shares and the routing", async () => {
    const { target, router, start } = environment;
    await start("1.0.0", { replicas: 2 });
    await start("2.0.0");
    await router.setWeights("orders", { "1.0.0": 75, "2.0.0": 25 });
    const routing = { version: "2.0.0", testers: { header: "X-Canary" } };
    await router.setRouting("orders", routing);
    const before = await target.observe("orders");
    const pid = await pidOf(before.url!, "2.0.0");
    const load = startLoad(before.url!, 200);
    await until(() => (load.byVersion["2.0.0"] ?? 0) > 10);

    process.kill(host()!.pid, "SIGKILL");
    await until(() => load.failures.length > 0);
    const after = await target.observe("orders");
    expect(after.url).toBe(before.url);
    expect(after.weights).toEqual({ "1.0.0": 75, "2.0.0": 25 });
    expect(after.routing).toEqual(routing);
    expect((await ask(after.url!, { headers: { "X-Canary": "1" } })).version).toBe("2.0.0");
    const replicas = (seen: typeof after) =>
      seen.versions.flatMap((v) => v.replicas.map(({ id, restarts }) => [id, restarts]));
    expect(replicas(after)).toEqual(replicas(before));
    expect(await pidOf(after.url!, "2.0.0")).toBe(pid);

    const failed = load.failures.length;
    const goal = load.sent + 100;
    await until(() => load.sent >= goal);
    await load.stop();
    // What was under way when the host died, or came while there was none. Nothing since.
    expect(load.failures.slice(failed).filter((why) => !/ECONN|socket hang up/.test(why))).toEqual([]);
    expect(Object.keys(load.byVersion).sort()).toEqual(["1.0.0", "2.0.0"]);
    expect((await environment.readCounters("orders")).versions["2.0.0"]!.requests).toBeGreaterThan(10);
  });

  test("replaces replicas that died while no host was there", async () => {
    const { target, router, start, until } = environment;
    await start("1.0.0");
    await router.setWeights("orders", { "1.0.0": 100 });
    const { url } = await target.observe("orders");
    const pid = await pidOf(url!);
    process.kill(host()!.pid, "SIGKILL");
    process.kill(pid, "SIGKILL");
    const now = await until((seen) => readyReplicas(seen, "1.0.0") === 1);
    expect(now.versions[0]!.replicas[0]!.restarts).toBeGreaterThan(0);
    expect(await pidOf(now.url!)).not.toBe(pid);
  });

  test("does not know the values of secrets after it was killed, and says so instead of starting without them", async () => {
    const { target, start, spec, until } = environment;
    await start("1.0.0", { secrets: ["TOKEN"] }, { TOKEN: "s3cr3t" });
    const { versions } = await target.observe("orders");
    const { url } = versions[0]!.replicas[0]!;
    const pid = await pidOf(url!);
    expect(JSON.parse((await ask(`${url}/env`)).body).TOKEN).toBe("s3cr3t");
    expect(readFileSync(environment.paths.state, "utf8")).not.toContain("s3cr3t");
    process.kill(host()!.pid, "SIGKILL");
    process.kill(pid, "SIGKILL");
    await until((seen) => seen.versions[0]?.replicas[0]?.reason?.includes("TOKEN are not known") === true);
    await target.apply({
      type: "ensure-version",
      service: "orders",
      spec: spec("1.0.0", { secrets: ["TOKEN"] }),
      secrets: { TOKEN: "s3cr3t" },
    });
    await until((seen) => readyReplicas(seen, "1.0.0") === 1);
  });

  test("of two that are started at once exactly one stays", async () => {
    const adapters = Array.from({ length: 4 }, () => localTarget(environment.options));
    await Promise.all(
      adapters.map(({ target }, index) =>
        target.apply({ type: "record", service: `s${index}`, record: null }),
      ),
    );
    const { pid } = host()!;
    await environment.start("1.0.0");
    expect(host()!.pid).toBe(pid);
    const log = readFileSync(environment.paths.hostLog, "utf8");
    expect(log.match(/host of test/g)).toHaveLength(1);
    expect(
      (await environmentStatus(environment.options)).services.map(({ service }) => service).sort(),
    ).toEqual(["orders"]);
  });

  test("survives the end of the process that started it and of its group, and carries nothing of the job", async () => {
    const { options, spec, target } = environment;
    const script = join(options.stateDirectory, "../deploy.ts");
    writeFileSync(
      script,
      `import { localTarget } from ${JSON.stringify(join(import.meta.dirname, "../src/index.ts"))};
       const { target } = localTarget(${JSON.stringify(options)});
       await target.apply(${JSON.stringify({ type: "ensure-version", service: "orders", spec: spec("1.0.0"), secrets: {} })});
       console.log("deployed");
       setInterval(() => {}, 1000);`,
    );
    const controller = new AbortController();
    let isDeployed = false;
    const deploy = run([process.execPath, script], {
      env: { ...process.env, RUNNER_TRACKING_ID: "github_42", GITHUB_TOKEN: "ghs_x", INPUT_PASSWORD: "p" },
      signal: controller.signal,
      onLine: (line) => {
        if (line === "deployed") isDeployed = true;
      },
    });
    deploy.catch(() => {});
    await until(() => isDeployed);
    const { pid, startTime } = host()!;
    controller.abort();
    await expect(deploy).rejects.toThrow();

    expect(isAlive(pid, startTime)).toBe(true);
    const now = await environment.until((seen) => readyReplicas(seen, "1.0.0") === 1);
    const env = JSON.parse((await ask(`${now.versions[0]!.replicas[0]!.url}/env`)).body);
    expect(env).toMatchObject({
      SERVICE: "orders",
      DEPLOYMENT_VERSION: "1.0.0",
      DEPLOYMENT_ENVIRONMENT: "test",
    });
    expect(env.PORT).toMatch(/^\d+$/);
    const names = [...Object.keys(env), ...hostVariables(pid)];
    expect(names).toContain("PATH");
    expect(names.filter((name) => /^(RUNNER|GITHUB|INPUT)_/.test(name))).toEqual([]);
    expect(host()!.pid).toBe(pid);
    void target;
  });

  test("keeps its token to this user and refuses whoever does not have it", async () => {
    await environment.start("1.0.0");
    const { port } = host()!;
    expect(statSync(environment.paths.host).mode & 0o777).toBe(0o600);
    expect(statSync(environment.paths.state).mode & 0o777).toBe(0o600);
    expect((await ask(`http://127.0.0.1:${port}/services`)).status).toBe(401);
    const authorization = { Authorization: "Bearer wrong" };
    expect(
      (await ask(`http://127.0.0.1:${port}/shutdown`, { method: "POST", headers: authorization })).status,
    ).toBe(401);
    const { body } = await ask(`http://127.0.0.1:${port}/metrics`);
    expect(body).toContain(
      'http_request_duration_seconds_bucket{service="orders",deployment_version="1.0.0",le="+Inf"} 0',
    );
  });

  test("refuses a command that it cannot write down, and changes nothing", async () => {
    const { target, router, start, spec } = environment;
    await start("1.0.0");
    await router.setWeights("orders", { "1.0.0": 100 });
    const before = readFileSync(environment.paths.state, "utf8");
    const obstacle = `${environment.paths.state}.${host()!.pid}.new`;
    mkdirSync(obstacle);
    const unwritable = { reasonCode: "deploy.state-unwritable" };
    const ensure = { type: "ensure-version", service: "users", spec: spec("1.0.0"), secrets: {} } as const;
    await expect(target.apply(ensure)).rejects.toMatchObject(unwritable);
    await expect(
      target.apply({ type: "mark-stable", service: "orders", version: "1.0.0" }),
    ).rejects.toMatchObject(unwritable);
    await expect(router.setWeights("orders", {})).rejects.toMatchObject(unwritable);
    expect((await target.observe("users")).url).toBeNull();
    expect(await target.observe("orders")).toMatchObject({ stable: null, weights: { "1.0.0": 100 } });
    expect(readFileSync(environment.paths.state, "utf8")).toBe(before);
    rmdirSync(obstacle);
    await target.apply({ type: "mark-stable", service: "orders", version: "1.0.0" });
    expect((await target.observe("orders")).stable).toBe("1.0.0");
  });
});

describe("an environment that is stopped", () => {
  test("leaves nothing running, and the next command brings it back as it was", async () => {
    const { target, router, start, until: untilSeen } = environment;
    await start("1.0.0", { replicas: 2 });
    await router.setWeights("orders", { "1.0.0": 100 });
    await target.apply({ type: "mark-stable", service: "orders", version: "1.0.0" });
    const { url, versions } = await target.observe("orders");
    const pids = await Promise.all(versions[0]!.replicas.map((replica) => pidOf(replica.url!)));
    const { pid } = host()!;
    await environment.shutdown();
    expect([pid, ...pids].map(startTimeOf)).toEqual([null, null, null]);
    await expect(ask(url!)).rejects.toMatchObject({ code: "ECONNREFUSED" });

    const status = await environmentStatus(environment.options);
    expect(status.host).toBeNull();
    expect(status.services[0]).toMatchObject({ service: "orders", stable: "1.0.0", url: null });
    expect(host()).toBeNull();

    const back = await untilSeen((seen) => readyReplicas(seen, "1.0.0") === 2);
    expect(back).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 }, url });
    expect((await ask(url!)).body).toBe("1.0.0");
  });

  test("leaves nothing running when its host was killed before", async () => {
    await environment.start("1.0.0", { environment: { IGNORE_TERM: "1" } });
    const { versions } = await environment.target.observe("orders");
    const pid = await pidOf(versions[0]!.replicas[0]!.url!);
    process.kill(host()!.pid, "SIGKILL");
    await stopEnvironment({ ...environment.options, graceSeconds: 0.2, forget: true });
    expect(startTimeOf(pid)).toBeNull();
    expect(existsSync(environment.paths.root)).toBe(false);
  }, 30_000);

  test("finishes the requests that it is answering", async () => {
    await environment.start("1.0.0");
    await environment.router.setWeights("orders", { "1.0.0": 100 });
    const { url } = await environment.target.observe("orders");
    const slow = ask(`${url}/?ms=500`);
    await environment.until((seen) => seen.versions[0]?.inFlight === 1);
    await environment.shutdown();
    expect((await slow).body).toBe("1.0.0");
  });

  test("calls off hosts that were started and have not come up yet", async () => {
    const { options, paths } = environment;
    mkdirSync(paths.starts, { recursive: true });
    const ticket = join(paths.starts, "ticket");
    writeFileSync(ticket, "");
    const starting = [process.execPath, hostEntry, paths.root, ticket, JSON.stringify(options)];
    await stopEnvironment(options);
    expect(await run(starting, { timeoutSeconds: 10 })).toMatchObject({
      exitCode: 0,
      isTimedOut: false,
      stdout: "",
    });
    expect(host()).toBeNull();
  });

  test("that never was is stopped already", async () => {
    await stopEnvironment(environment.options);
    expect(existsSync(environment.paths.root)).toBe(false);
  });
});

test("a host program that is not there is a clear refusal", async () => {
  const { target } = localTarget({ ...environment.options, hostEntry: `${hostEntry}.missing` });
  await expect(target.apply({ type: "record", service: "orders", record: null })).rejects.toMatchObject({
    reasonCode: "deploy.target-lost",
  });
});

/** Names of the variables of a process; empty where the system does not show them. */
function hostVariables(pid: number): string[] {
  if (process.platform !== "linux") return [];
  return readFileSync(`/proc/${pid}/environ`, "utf8")
    .split("\0")
    .map((entry) => entry.split("=")[0]!);
}
