/** Releases that are bad in every way there is: the old version goes on serving, and the run says why. */
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Load } from "../../scripts/demo/load.ts";
import { customers, expectOnly, recorded } from "./support/customers.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli, release } from "./support/sluice.ts";

let project: Project;
let load: Load;
let version = 1;
const next = () => `${++version}.0.0`;

beforeAll(async () => {
  project = await makeProject({
    environment: { healthCheck: { interval: "100ms", timeout: "1s", retries: 5 } },
  });
  expect((await release(project, "1.0.0")).exitCode).toBe(0);
  load = await customers(project);
});
afterAll(() => project.remove());
beforeEach(() => project.behave("ok"));

/** No customer saw anything of it. */
const expectNothingLost = async () => {
  await expectOnly(project, "1.0.0");
  expect(load.report()).toMatchObject({ failed: 0 });
};

describe("a release", () => {
  test("that never gets healthy fails, with the last answer of its health check; nobody sees it (R316)", async () => {
    await project.behave("unhealthy");
    const { exitCode, json } = await release(project, next());
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "deploy.unhealthy"]);
    expect(json.summary).toMatch(/app: 0 of 1 replicas of 2\.0\.0 became ready within [\d.]+ s.*HTTP 503/s);
    await expectNothingLost();
  });

  test("that dies at its start fails, with its exit status and its last lines; nobody sees it (R480)", async () => {
    await project.behave("dies-at-start");
    const { exitCode, json } = await release(project, next());
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "deploy.crashed"]);
    expect(json.summary).toMatch(/exit status 1.*cannot log in/s);
    await expectNothingLost();
  });

  test("that answers 500 from the start fails its smoke request before it has any traffic (R233, R355)", async () => {
    await project.behave("fails 100");
    const { exitCode, json } = await release(project, next());
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "deploy.test-failed"]);
    expect(json.summary).toMatch(/it answers.*HTTP 500 instead of 200/);
    await expectNothingLost();
  });

  test("whose build fails is not deployed: the command, its status and its last lines are named (R025, R030, R057, R476)", async () => {
    await project.set("project", {
      "services.0.build.test": ["sh", "-c", "echo 3 of 4 went wrong >&2; exit 7"],
    });
    const { exitCode, json } = await release(project, next());
    await project.set("project", { "services.0.build.test": undefined });
    expect([exitCode, json.stage, json.reasonCode]).toEqual([1, "build", "build.command-failed"]);
    expect(json.problems![0]!.message).toMatch(/app: test failed: .*exit status 7/);
    expect(json.problems![0]!.remedy).toContain("3 of 4 went wrong");
    await expectNothingLost();
  });

  test("with a secret in its tree is not deployed: the scan names file and line, and not the secret (R140)", async () => {
    const key = `AKIA${"Q3EGT7RZ5YXC2WVU".slice(0, 16)}`;
    const source = `export const region = "eu-west-1";\nexport const key = "${key}";\n`;
    await project.write({ "app/settings.js": source });
    await project.commit();
    const { exitCode, json, stdout, stderr } = await release(project, next());
    await project.write({ "app/settings.js": "" });
    expect([exitCode, json.stage, json.reasonCode]).toEqual([1, "scan", "scan.findings"]);
    expect(json.problems![0]!.location).toMatchObject({ file: "app/settings.js", line: 2 });
    expect(stdout + stderr).not.toContain(key);
    await expectNothingLost();
  });

  test("that wants a port which another program has fails, and says which program", async () => {
    const taken = await listen();
    await project.set("project", { "services.0.port": taken.port });
    const { exitCode, json } = await release(project, next());
    await project.set("project", { "services.0.port": undefined });
    taken.server.close();
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "deploy.port-in-use"]);
    expect(json.summary).toMatch(
      new RegExp(`Port ${taken.port}, which app needs, is taken by .*${process.pid}`),
    );
    await expectNothingLost();
  });

  test("that dies under load is taken back at once; the old version answers everything after that", async () => {
    await project.behave("dies-under-load");
    const { exitCode, json } = await release(project, next());
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "rolled_back", "deploy.crashed"]);
    expect(json.summary).toMatch(/(died while it had|is ready, and it has) traffic.*exit status 3/s);
    await expectOnly(project, "1.0.0");
    const before = load.report();
    expect(before.versions["1.0.0"]!.failed).toBe(0);
    await new Promise((done) => setTimeout(done, 200));
    expect(load.report().failed).toBe(before.failed);
  });

  test("that answers 500 to customers only is found by the judge and rolled back; the old version lost nothing", async () => {
    await project.behave("fails 100");
    await project.set("project", { "services.0.smoke": [] });
    const { exitCode, json } = await release(project, next());
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "rolled_back", "deploy.rolled-back"]);
    await expectOnly(project, "1.0.0");
    const { versions } = await load.stop();
    expect(versions["1.0.0"]!.failed).toBe(0);
    expect(versions[`${version}.0.0`]!.failed).toBeGreaterThan(0);
  });

  test("after all of that, a good release still goes out", async () => {
    await project.set("project", { "services.0.smoke": [{ name: "it answers", path: "/" }] });
    const load = await customers(project);
    const { exitCode, json } = await release(project, "99.0.0");
    expect([exitCode, json.reasonCode]).toEqual([0, "deploy.promoted"]);
    expect((await load.stop()).failed).toBe(0);
    await expectOnly(project, "99.0.0");
  });
});

describe("a release that nobody can judge, or that a person has to", () => {
  test("is inconclusive without customers: status 3, everything stays where it is, and a rollback ends it", async () => {
    await project.set("test", { "canary.analysis.maxHold": "300ms" });
    const { exitCode, json } = await release(project, "100.0.0");
    await project.set("test", { "canary.analysis.maxHold": "20s" });
    expect([exitCode, json.status, json.reasonCode]).toEqual([3, "inconclusive", "deploy.inconclusive"]);
    expect(await recorded(project)).toMatchObject({
      stable: "99.0.0",
      weights: { "99.0.0": 95, "100.0.0": 5 },
    });
    const back = await cli(project, ["rollback", "--json"]);
    expect([back.exitCode, back.json.status]).toEqual([0, "rolled_back"]);
    await expectOnly(project, "99.0.0");
  });

  test("is held when it is bad and going back by itself is switched off: status 3, until a person decides", async () => {
    await project.behave("fails 100");
    await project.set("project", { "services.0.smoke": [] });
    await project.set("test", { "autoRollback.enabled": false });
    const load = await customers(project);
    const { exitCode, json } = await release(project, "101.0.0");
    expect([exitCode, json.status, json.reasonCode]).toEqual([3, "held", "deploy.held"]);
    const back = await cli(project, ["rollback", "--from", "101.0.0", "--json"]);
    expect([back.exitCode, back.json.status]).toEqual([0, "rolled_back"]);
    const { versions } = await load.stop();
    expect(versions["99.0.0"]!.failed).toBe(0);
    await expectOnly(project, "99.0.0");
  });
});

describe("a release of two services", () => {
  let pair: Project;
  beforeAll(async () => {
    pair = await makeProject({ services: ["app", "web"], environment: { strategy: "rolling" } });
    expect((await release(pair, "1.0.0")).exitCode).toBe(0);
  });
  afterAll(() => pair.remove());

  test("is all or nothing: when the second fails, the first is taken back (R225)", async () => {
    await pair.behave("fails 100", "web");
    const { exitCode, json } = await release(pair, "2.0.0");
    expect([exitCode, json.reasonCode]).toEqual([1, "deploy.test-failed"]);
    expect(json.details).toMatchObject({
      services: [
        { name: "app", status: "rolled_back" },
        { name: "web", status: "failed" },
      ],
    });
    await expectOnly(pair, "1.0.0", "app");
    await expectOnly(pair, "1.0.0", "web");
  });

  test("in the first deployment, a port that is taken fails it and nothing is half done", async () => {
    const fresh = await makeProject();
    const taken = await listen();
    await fresh.set("test", { "services.app.port": taken.port });
    const { exitCode, json } = await release(fresh, "1.0.0");
    taken.server.close();
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "deploy.port-in-use"]);
    const again = await release(fresh, "1.0.0");
    expect([again.exitCode, again.json.reasonCode]).toEqual([0, "deploy.promoted"]);
    await fresh.remove();
  });
});

test("`sluice doctor` names what is missing and how to get it (R060)", async () => {
  const { exitCode, stdout } = await cli(project, ["doctor"], { PATH: "/nowhere" });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/MISSING git: not on the PATH\n\s+Install it/);
});

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { server, port: (server.address() as { port: number }).port };
}
