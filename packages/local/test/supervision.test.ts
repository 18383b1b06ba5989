import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startTimeOf } from "@sluice/process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, readyReplicas, startLoad, type TestEnvironment, testEnvironment } from "./environment.ts";

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await testEnvironment({ graceSeconds: 0.5 });
});
afterAll(() => environment.stop());

const ensure = (service: string, version: string, overrides = {}, secrets = {}) =>
  environment.target.apply({
    type: "ensure-version",
    service,
    spec: environment.spec(version, overrides),
    secrets,
  });
const replicaOf = async (service: string) =>
  (await environment.target.observe(service)).versions[0]!.replicas[0]!;

describe("a replica", () => {
  test("that never gets healthy is never ready, and says what the health check says (R343)", async () => {
    await ensure("unhealthy", "1.0.0", { environment: { UNHEALTHY: "1" } });
    const now = await environment.until(
      (seen) => /HTTP 503 \(attempt [3-9]\)/.test(seen.versions[0]?.replicas[0]?.reason ?? ""),
      "unhealthy",
    );
    expect(now.versions[0]!.replicas[0]).toMatchObject({ isReady: false, restarts: 0 });
    await ensure("deaf", "1.0.0", { command: ["sleep", "60"] });
    await environment.until(
      (seen) => /connection refused \(attempt/.test(seen.versions[0]?.replicas[0]?.reason ?? ""),
      "deaf",
    );
  });

  test("that ends at once is started again, ever more slowly, and says how it ended without its secrets (R477, R480)", async () => {
    await ensure(
      "crashing",
      "1.0.0",
      { secrets: ["CRASH"], environment: { CRASH_STATUS: "4" } },
      { CRASH: "pa55word" },
    );
    const now = await environment.until(
      (seen) => /^Crash loop/.test(seen.versions[0]?.replicas[0]?.reason ?? ""),
      "crashing",
    );
    const { reason, isReady, restarts } = now.versions[0]!.replicas[0]!;
    expect(isReady).toBe(false);
    expect(restarts).toBeGreaterThanOrEqual(2);
    expect(reason).toContain("exit status 4");
    expect(reason).toContain("cannot reach the database with ***");
    expect(reason).not.toContain("pa55word");
    await environment.target.apply({ type: "remove-version", service: "crashing", version: "1.0.0" });
    await environment.until((seen) => seen.versions.length === 0, "crashing");
  });

  test("whose program does not exist says so", async () => {
    await ensure("missing", "1.0.0", { command: ["no-such-program"] });
    await environment.until(
      (seen) => seen.versions[0]?.replicas[0]?.reason?.includes("no-such-program") === true,
      "missing",
    );
  });

  test("that is killed during traffic is replaced; requests that may be repeated are not lost", async () => {
    await environment.start("1.0.0", { replicas: 2 });
    await environment.router.setWeights("orders", { "1.0.0": 100 });
    const { url } = await environment.target.observe("orders");
    const load = startLoad(url!, 200);
    await environment.until(() => load.sent > 50);
    const pid = Number((await ask(`${url}/pid`)).body);
    process.kill(pid, "SIGKILL");
    const underWay = load.underWay();
    await environment.until((seen) => seen.versions[0]!.replicas.some(({ restarts }) => restarts === 1));
    const now = await environment.until((seen) => readyReplicas(seen, "1.0.0") === 2);
    await load.stop();
    expect(startTimeOf(pid)).toBeNull();
    expect(now.versions[0]!.replicas.map(({ restarts }) => restarts).sort()).toEqual([0, 1]);
    // Only a POST that was being answered may be lost, and it is known why.
    expect(load.failures.filter((why) => why !== "status 502: No answer: reset\n")).toEqual([]);
    expect(load.failures.length).toBeLessThanOrEqual(Math.max(2, underWay));
  });

  test("waits for its initial delay before the first check, (R317)", async () => {
    const healthCheck = { ...environment.spec("x").healthCheck, initialDelaySeconds: 1, failureThreshold: 3 };
    await ensure("patient", "1.0.0", { healthCheck });
    const now = await environment.until((seen) => readyReplicas(seen, "1.0.0") === 1, "patient");
    expect(Date.now() - now.versions[0]!.replicas[0]!.startedAt).toBeGreaterThanOrEqual(1000);
  });

  test("that ignores SIGTERM is killed after its grace period", async () => {
    await ensure("stubborn", "1.0.0", { environment: { IGNORE_TERM: "1" } });
    await environment.until((seen) => readyReplicas(seen, "1.0.0") === 1, "stubborn");
    const pid = Number((await ask(`${(await replicaOf("stubborn")).url}/pid`)).body);
    await environment.target.apply({ type: "remove-version", service: "stubborn", version: "1.0.0" });
    await environment.until((seen) => seen.versions.length === 0, "stubborn");
    expect(startTimeOf(pid)).toBeNull();
  });

  test("that leaves finishes what it is answering first, and gets nothing new", async () => {
    await ensure("draining", "1.0.0");
    await ensure("draining", "2.0.0");
    await environment.until(
      (seen) => readyReplicas(seen, "1.0.0") + readyReplicas(seen, "2.0.0") === 2,
      "draining",
    );
    await environment.router.setWeights("draining", { "1.0.0": 100 });
    const { url } = await environment.target.observe("draining");
    const slow = ask(`${url}/?ms=700`);
    const streaming = ask(`${url}/stream?ms=700`);
    const posting = ask(`${url}/echo`, { method: "POST", body: "kept" });
    await environment.until((seen) => (seen.versions[0]?.inFlight ?? 0) >= 2, "draining");
    await environment.router.setWeights("draining", { "2.0.0": 100 });
    await environment.target.apply({ type: "remove-version", service: "draining", version: "1.0.0" });
    const leaving = await environment.target.observe("draining");
    expect(leaving.versions.find((v) => v.version === "1.0.0")).toMatchObject({
      isLeaving: true,
      desired: 0,
    });
    expect((await ask(url!)).body).toBe("2.0.0");
    expect((await slow).body).toBe("1.0.0");
    expect((await streaming).body).toBe("first\nlast\n");
    expect((await posting).body).toBe("kept");
    await environment.until((seen) => seen.versions.every((v) => v.version !== "1.0.0"), "draining");
  });
});

describe("a version", () => {
  test("that answers 500 from the start is ready and its errors are counted", async () => {
    await ensure("failing", "1.0.0", { environment: { STATUS: "500" } });
    await environment.until((seen) => readyReplicas(seen, "1.0.0") === 1, "failing");
    await environment.router.setWeights("failing", { "1.0.0": 100 });
    const { url } = await environment.target.observe("failing");
    for (let i = 0; i < 5; i++) expect((await ask(url!)).status).toBe(500);
    const { versions } = await environment.readCounters("failing");
    expect(versions["1.0.0"]).toMatchObject({ requests: 5, errors: 5, failures: { "status-5xx": 5 } });
  });

  test("whose port is taken is refused with the name of the holder, and nothing was started", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const refused = await ensure("ported", "1.0.0", { port }).catch((error) => error);
    expect(refused).toMatchObject({ name: "Refusal", reasonCode: "deploy.port-in-use" });
    expect(refused.message).toContain(`Port ${port}`);
    if (process.platform === "linux") expect(refused.message).toContain(`process ${process.pid} (`);
    expect((await environment.target.observe("ported")).versions).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
    await ensure("ported", "1.0.0", { port });
    expect((await environment.target.observe("ported")).url).toBe(`http://127.0.0.1:${port}`);

    const sibling = await ensure("other", "1.0.0", { port }).catch((error) => error);
    expect(sibling.message).toContain("the service ported of this environment");
  });

  test("whose artifact is missing, damaged or an image is refused (R054, R163)", async () => {
    const { artifact } = environment.spec("1.0.0");
    const unusable = { reasonCode: "deploy.artifact-unusable" };
    const other = `sha256:${"0".repeat(64)}`;
    await expect(ensure("a", "1.0.0", { artifact: { ...artifact, digest: other } })).rejects.toMatchObject(
      unusable,
    );
    await expect(
      ensure("a", "1.0.0", { artifact: { ...artifact, digest: other, reference: "/nowhere.tar.gz" } }),
    ).rejects.toMatchObject(unusable);
    await expect(
      ensure("a", "1.0.0", { artifact: { ...artifact, digest: other, kind: "image" } }),
    ).rejects.toMatchObject(unusable);
    writeFileSync(artifact.reference, "damaged");
    // What was unpacked before can be run without its archive: that is how a version goes back.
    await ensure("a", "1.0.0");
    await environment.until((seen) => readyReplicas(seen, "1.0.0") === 1, "a");
  });
});
