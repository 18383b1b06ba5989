/** The way of releases through one environment, from the first one to the way back. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Result } from "../../packages/documents/src/result.ts";
import type { Load } from "../../scripts/demo/load.ts";
import { customers, expectOnly, until } from "./support/customers.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli, release, startCli, statusOf } from "./support/sluice.ts";

let project: Project;
let load: Load;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project.remove());

describe("an empty environment", () => {
  test("is not changed by looking at it: plan, status and deploy --dry-run start nothing (R475)", async () => {
    expect((await cli(project, ["build", "--version", "1.0.0", "--json"])).exitCode).toBe(0);
    const plan = await cli(project, ["plan", "--version", "1.0.0", "--diff", "--json"]);
    expect(plan.json).toMatchObject({ stage: "plan", status: "succeeded", reasonCode: "plan.ready" });
    const dry = await cli(project, ["deploy", "--version", "1.0.0", "--dry-run", "--json"]);
    expect(dry).toMatchObject({ exitCode: 0, json: { stage: "plan", status: "succeeded" } });
    expect((await statusOf(project)).services).toEqual([]);
    expect(existsSync(join(project.state, "test", "local", "state.json"))).toBe(false);
  });

  test("gives the same plan for the same input, byte by byte", async () => {
    const plan = async () => {
      await cli(project, ["plan", "--version", "1.0.0"]);
      return readFile(join(project.out, "plan.json"), "utf8");
    };
    expect(await plan()).toBe(await plan());
  });

  test("has nothing to go back to, and says so (R360)", async () => {
    const { exitCode, json } = await cli(project, ["rollback", "--json"]);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ stage: "rollback", status: "failed", reasonCode: "rollback.no-target" });
  });
});

describe("`sluice run`", () => {
  test("takes a first release through every stage; stdout holds the document and nothing else", async () => {
    const ended = await release(project, "1.0.0");
    expect(ended.exitCode).toBe(0);
    expect(Result.parse(ended.json)).toMatchObject({
      stage: "deploy",
      status: "succeeded",
      reasonCode: "deploy.promoted",
    });
    expect(ended.stderr).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /m);
    expect(existsSync(join(project.out, "report.html"))).toBe(true);
    await expectOnly(project, "1.0.0");
    load = await customers(project);
  });

  test("has a good release promoted by the judge under load, step by step, without a lost request (R467)", async () => {
    const { exitCode, json } = await release(project, "2.0.0");
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ status: "succeeded", reasonCode: "deploy.promoted" });
    const service = json.details?.stage === "deploy" ? json.details.services[0] : undefined;
    expect(service).toMatchObject({ from: "1.0.0", to: "2.0.0", verdict: { verdict: "promote" } });
    const events = (await project.journal()).filter(({ type }) => type === "rollout.weights");
    const weights = events.flatMap(({ data }) => ("weights" in data ? (data.weights["2.0.0"] ?? 0) : []));
    expect([...new Set(weights)].filter((weight) => weight > 0)).toEqual([5, 25, 50, 100]);
    await expectOnly(project, "2.0.0");
    expect(load.report()).toMatchObject({ failed: 0 });
  });

  test("does nothing to an environment that runs the release already", async () => {
    const { exitCode, json } = await release(project, "2.0.0", "--stages", "deploy");
    expect([exitCode, json.reasonCode]).toEqual([0, "deploy.unchanged"]);
    await expectOnly(project, "2.0.0");
  });

  test("refuses other content under a version that runs already, and keeps what runs", async () => {
    await project.write({ "app/behaviour": "ok now\n" });
    const { exitCode, json } = await release(project, "2.0.0");
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "deploy.digest-differs"]);
    expect(json.summary).toMatch(/version of its own/);
    await project.behave("ok");
    await expectOnly(project, "2.0.0");
  });

  test("rolls a release back that the judge finds worse; the old version serves, and the run says so (R269, R357)", async () => {
    await project.behave("fails 40");
    await project.set("project", { "services.0.smoke": [] });
    const { exitCode, json } = await release(project, "3.0.0");
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "rolled_back", "deploy.rolled-back"]);
    const service = json.details?.stage === "deploy" ? json.details.services[0] : undefined;
    expect(service).toMatchObject({ from: "2.0.0", to: "3.0.0", verdict: { verdict: "rollback" } });
    await expectOnly(project, "2.0.0");
    const { versions, causes } = load.report();
    expect(Object.keys(causes)).toEqual(["HTTP 500"]);
    expect(versions["2.0.0"]!.failed).toBe(0);
    const report = await readFile(join(project.out, "report.html"), "utf8");
    expect(report).toContain("3.0.0");
  });
});

describe("`sluice verify`", () => {
  test("says on demand what runs and that it is well, without changing it (R475)", async () => {
    const { exitCode, json } = await cli(project, ["verify", "--json"]);
    expect([exitCode, json.status, json.reasonCode]).toEqual([0, "succeeded", "verify.passed"]);
    await expectOnly(project, "2.0.0");
  });

  test("fails when another version is expected than is served, and names both", async () => {
    const { exitCode, json } = await cli(project, ["verify", "--version", "9.9.9", "--json"]);
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "verify.wrong-version"]);
    expect(json.problems![0]!.message).toMatch(/2\.0\.0 instead of 9\.9\.9/);
  });
});

describe("`sluice rollback`", () => {
  test("--dry-run says what it would do and changes nothing", async () => {
    const { exitCode, json } = await cli(project, ["rollback", "--dry-run", "--json"]);
    expect([exitCode, json.reasonCode]).toEqual([0, "rollback.dry-run"]);
    expect(json.summary).toContain("2.0.0 -> 1.0.0");
    await expectOnly(project, "2.0.0");
  });

  test("to a version that never ran is an error that names those that did, and changes nothing", async () => {
    const { exitCode, json } = await cli(project, ["rollback", "--to", "0.9.0", "--json"]);
    expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", "rollback.never-ran"]);
    expect(json.problems![0]!.remedy).toMatch(/2\.0\.0, 1\.0\.0/);
    await expectOnly(project, "2.0.0");
  });

  test("goes to the previous version under load without a lost request, and verifies it (R369, R383)", async () => {
    const before = load.report().versions["2.0.0"]!.failed;
    const { exitCode, json } = await cli(project, ["rollback", "--reason", "customers cannot pay", "--json"]);
    expect([exitCode, json.status, json.reasonCode]).toEqual([0, "rolled_back", "rollback.verified"]);
    expect(json.details).toMatchObject({ stage: "rollback", reason: "customers cannot pay" });
    await expectOnly(project, "1.0.0");
    const { versions, causes } = load.report();
    expect([versions["1.0.0"]!.failed, versions["2.0.0"]!.failed, before]).toEqual([0, 0, 0]);
    expect(Object.keys(causes)).toEqual(["HTTP 500"]);
  });

  test("goes to a named version, without a lost request", async () => {
    const { exitCode, json } = await cli(project, ["rollback", "--to", "2.0.0", "--json"]);
    expect([exitCode, json.status]).toEqual([0, "rolled_back"]);
    await expectOnly(project, "2.0.0");
    const { causes } = await load.stop();
    expect(Object.keys(causes)).toEqual(["HTTP 500"]);
  });

  test("to what runs already does nothing", async () => {
    const { exitCode, json } = await cli(project, ["rollback", "--to", "2.0.0", "--json"]);
    expect([exitCode, json.status, json.reasonCode]).toEqual([0, "skipped", "rollback.nothing-to-do"]);
  });
});

test("`sluice deploy <service> <version> <environment> [strategy]` works in that order (R106)", async () => {
  await project.behave("ok");
  await cli(project, ["build", "--version", "4.0.0"]);
  const { exitCode, json } = await cli(project, ["deploy", "app", "4.0.0", "test", "rolling", "--json"], {
    SLUICE_ENVIRONMENT: undefined,
  });
  expect([exitCode, json.reasonCode]).toEqual([0, "deploy.promoted"]);
  expect(json.details).toMatchObject({ services: [{ name: "app", strategy: "rolling", to: "4.0.0" }] });
  await expectOnly(project, "4.0.0");
});

describe("a release that shows its faults only after it was promoted", () => {
  beforeAll(() => project.set("test", { strategy: "bluegreen", "trafficSwitch.testDuration": "0s" }));

  test("is taken back when the verification fails; the old version serves (R357)", async () => {
    await project.set("project", { "verify.script": ["sh", "-c", "echo no invoices; exit 1"] });
    const { exitCode, json } = await release(project, "5.0.0");
    await project.set("project", { "verify.script": undefined });
    expect([exitCode, json.stage, json.status, json.reasonCode]).toEqual([
      1,
      "rollback",
      "rolled_back",
      "rollback.verified",
    ]);
    expect(json.details).toMatchObject({ stage: "rollback", reason: expect.stringMatching(/sh -c|check/) });
    await expectOnly(project, "4.0.0");
  });

  test("is taken back when the watch finds it failing; what served before serves again", async () => {
    const tired = join(project.state, "tired");
    await project.behave("tires");
    await project.set("project", { "services.0.environment": { TIRED_FILE: tired } });
    await project.set("test", { watch: { duration: "60s", interval: "100ms", afterRollback: "0s" } });
    const load = await customers(project);
    const watches = async () =>
      (await project.journal()).filter(({ type, data }) => type === "stage.started" && data.stage === "watch")
        .length;
    const before = await watches();
    const running = startCli(project, ["run", "--version", "6.0.0", "--json"]);
    await until("the release is being watched", async () => (await watches()) > before);
    await writeFile(tired, "");
    const { exitCode, json } = await running.ended;
    expect([exitCode, json.stage, json.status]).toEqual([1, "rollback", "rolled_back"]);
    await expectOnly(project, "4.0.0");
    const { versions } = await load.stop();
    expect(versions["4.0.0"]!.failed).toBe(0);
    expect(versions["6.0.0"]!.failed).toBeGreaterThan(0);
  });
});
