/** Every action as the runner starts it: one program, the runner's environment, and nothing else. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Plan } from "../../packages/documents/src/plan.ts";
import { Result } from "../../packages/documents/src/result.ts";
import { type RunningPostgres, startPostgres } from "../../packages/testing/src/postgres.ts";
import { runStep, type StepOptions, type StepRun, startStep } from "../../packages/testing/src/runner.ts";
import type { Load } from "../../scripts/demo/load.ts";
import { customers, expectOnly, recorded, until } from "./support/customers.ts";
import { actionFolder } from "./support/dist.ts";
import { makeProject, type Project } from "./support/project.ts";

let postgres: RunningPostgres;
let project: Project;
let load: Load;

beforeAll(async () => {
  postgres = await startPostgres();
  project = await makeProject({
    environment: { strategy: "rolling" },
    project: { database: { migrations: "migrations" } },
  });
  project.variables.DATABASE_URL = postgres.url;
  await project.write({
    "migrations/V1__create_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n",
  });
  await project.commit();
});
afterAll(async () => {
  await project.remove();
  await postgres.stop();
});

/** Runs an action as a step of its own job: `runId` is another one for each release. */
const step = (name: string, inputs: Record<string, string> = {}, runId = "1"): Promise<StepRun> =>
  runStep(actionFolder(name), {
    workspace: project.directory,
    env: project.variables,
    inputs: { environment: "test", "state-directory": project.state, ...inputs },
    runId,
  });

/** What is true of every action that did its work. */
function expectGood(run: StepRun, status: string, reasonCode: string, group: string): Result {
  expect({ exitCode: run.exitCode, log: run.exitCode === 0 ? "" : run.stdout }).toEqual({
    exitCode: 0,
    log: "",
  });
  expect(run.outputs).toMatchObject({ status, reason_code: reasonCode });
  const result = Result.parse(JSON.parse(run.outputs.result!));
  expect([result.status, result.reasonCode]).toEqual([status, reasonCode]);
  expect(run.groups).toContain(group);
  expect(run.commands.filter(({ name }) => name === "endgroup").length).toBeGreaterThanOrEqual(
    run.groups.length,
  );
  expect(run.annotations.filter(({ level }) => level === "error")).toEqual([]);
  expect(run.masks).toContain(postgres.url);
  expect(run.stdout.indexOf("::add-mask::")).toBeLessThan(run.stdout.indexOf("::group::"));
  return result;
}

const hasTable = /^\|.+\|\n\|[\s:|-]+\|/m;
const hasMermaid = /^```mermaid\n/m;

describe("a release in steps of their own (R023, R472)", () => {
  test("plan shows what will happen, as a table and a picture, and starts nothing", async () => {
    const run = await step("plan", { version: "1.0.0", diff: "true" });
    expectGood(run, "succeeded", "plan.ready", "Plan");
    expect(run.summary).toMatch(hasTable);
    expect(run.summary).toMatch(hasMermaid);
    const plan = Plan.parse(JSON.parse(await readFile(run.outputs.plan!, "utf8")));
    expect(plan.release.version).toBe("1.0.0");
    expect(run.outputs["plan-hash"]).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(existsSync(join(project.state, "test", "local", "state.json"))).toBe(false);
  });

  test("plan with auto finds the environment of the branch, and says whether this run deploys it (R019, R088)", async () => {
    await project.set("project", { branches: { "release/*": "lab", main: "test" } });
    const found = async (given: Partial<StepOptions>) => {
      const { outputs } = await runStep(actionFolder("plan"), {
        workspace: project.directory,
        env: project.variables,
        inputs: { environment: "auto", "state-directory": project.state, version: "1.0.0" },
        ...given,
      });
      return [outputs.status, outputs.environment, outputs.deploys];
    };
    expect(await found({ ref: "refs/heads/main" })).toEqual(["succeeded", "test", "true"]);
    await project.set("test", { autoDeploy: false });
    expect(await found({ ref: "refs/heads/main" })).toEqual(["succeeded", "test", "false"]);
    const byHand = { ref: "refs/heads/main", eventName: "workflow_dispatch" };
    expect(await found(byHand)).toEqual(["succeeded", "test", "true"]);
    await project.set("test", { autoDeploy: undefined });
    await project.set("project", { branches: { main: "test" } });
    expect(await found({ ref: "refs/heads/feature/tea" })).toEqual(["succeeded", "test", "false"]);
  });

  test("build makes artifacts with their digests", async () => {
    const run = await step("build", { version: "1.0.0" });
    expectGood(run, "succeeded", "build.succeeded", "Build and test");
    expect(run.summary).toMatch(hasTable);
    expect(JSON.parse(run.outputs.artifacts!)).toEqual({ app: expect.stringMatching(/^sha256:/) });
    expect(existsSync(run.outputs.release!)).toBe(true);
  });

  test("security-scan writes one SARIF file and an SBOM, and says clean (R142, R148)", async () => {
    const run = await step("security-scan");
    expectGood(run, "succeeded", "scan.clean", "Security scan");
    expect(run.outputs.outcome).toBe("clean");
    expect(JSON.parse(await readFile(run.outputs.sarif!, "utf8"))).toMatchObject({ version: "2.1.0" });
    expect(run.summary).toMatch(hasTable);
  });

  test("migrate-db only says what it would do with dry-run, and does it without (R166, R167)", async () => {
    const dry = await step("migrate-db", { "dry-run": "true" });
    expectGood(dry, "succeeded", "migrate.planned", "Migrate the database");
    expect(dry.outputs.applied).toBe("0");
    const run = await step("migrate-db");
    expectGood(run, "succeeded", "migrate.applied", "Migrate the database");
    expect(run.outputs).toMatchObject({ applied: "1", "schema-version": "1" });
    expect(run.summary).toMatch(hasTable);
  });

  test("deploy puts the release out; it outlives the step (R267)", async () => {
    const run = await step("deploy", { version: "1.0.0" });
    expectGood(run, "succeeded", "deploy.promoted", "Deploy");
    expect(JSON.parse(run.outputs["services-deployed"]!)).toEqual({ app: "succeeded" });
    const answer = await fetch(run.outputs.url!);
    expect([answer.status, answer.headers.get("x-deployment-version")]).toEqual([200, "1.0.0"]);
    expect(run.summary).toMatch(hasTable);
    load = await customers(project);
  });

  test("deploy-canary takes the next one out under load, and puts the verdict out (R240, R410)", async () => {
    expectGood(
      await step("build", { version: "2.0.0" }, "2"),
      "succeeded",
      "build.succeeded",
      "Build and test",
    );
    const run = await step("deploy-canary", { version: "2.0.0" }, "2");
    const result = expectGood(run, "succeeded", "deploy.promoted", "Deploy");
    expect(result.details).toMatchObject({ services: [{ strategy: "canary", from: "1.0.0", to: "2.0.0" }] });
    expect(run.outputs.verdict).toBe("promote");
    expect(run.summary).toMatch(hasTable);
    await expectOnly(project, "2.0.0");
  });

  test("verify counts the checks that passed and failed, on demand (R344, R410)", async () => {
    const good = await step("verify", { version: "2.0.0" }, "2");
    expectGood(good, "succeeded", "verify.passed", "Verify");
    expect(good.outputs).toMatchObject({ "checks-passed": "5", "checks-failed": "0" });
    const bad = await step("verify", { version: "7.7.7" }, "2");
    expect(bad.exitCode).toBe(1);
    expect(bad.outputs).toMatchObject({ status: "failed", reason_code: "verify.wrong-version" });
    expect(Number(bad.outputs["checks-failed"])).toBeGreaterThan(0);
  });

  test("rollback goes back, says to what, and refuses a version that never ran (R354–R356, R446)", async () => {
    const never = await step("rollback", { to: "0.1.0" }, "2");
    expect(never.exitCode).toBe(1);
    expect(never.outputs).toMatchObject({ status: "failed", reason_code: "rollback.never-ran" });
    const run = await step("rollback", { reason: "customers cannot pay" }, "3");
    expect(run.outputs).toMatchObject({
      status: "rolled_back",
      reason_code: "rollback.verified",
      "rolled-back-to": "1.0.0",
    });
    expect(run.summary).toMatch(hasTable);
    await expectOnly(project, "1.0.0");
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });

  test("report writes one page and one document, and the summary of its run", async () => {
    const run = await step("report", {}, "2");
    expectGood(run, "succeeded", "run.reported", "Report");
    expect(await readFile(run.outputs.html!, "utf8")).toMatch(/^<!doctype html>/i);
    expect(JSON.parse(await readFile(run.outputs.json!, "utf8"))).toBeTypeOf("object");
    expect(run.summary).toMatch(hasMermaid);
    expect(run.summary).toContain("2.0.0");
  });
});

describe("the action in the root", () => {
  test("is the whole pipeline of an environment in one step, with the report (R135)", async () => {
    const run = await step("pipeline", { version: "3.0.0" }, "10");
    expectGood(run, "succeeded", "deploy.promoted", "Deploy");
    expect(run.groups).toEqual([
      "Plan",
      "Build and test",
      "Security scan",
      "Migrate the database",
      "Deploy",
      "Verify",
      "Watch",
      "Report",
    ]);
    expect(run.outputs["plan-hash"]).toMatch(/^sha256:/);
    expect((await fetch(run.outputs.url!)).headers.get("x-deployment-version")).toBe("3.0.0");
    expect(existsSync(run.outputs.html!)).toBe(true);
    expect(run.summary).toMatch(hasTable);
    expect(run.summary).toMatch(hasMermaid);
  });

  test("takes a bad release back and fails the step, so that the job knows (R135)", async () => {
    await project.behave("fails 60");
    await project.set("project", { "services.0.smoke": [] });
    await project.set("test", { strategy: "canary" });
    const customersNow = await customers(project);
    const run = await step("pipeline", { version: "4.0.0" }, "11");
    const { versions } = await customersNow.stop();
    await project.behave("ok");
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: "rolled_back", reason_code: "deploy.rolled-back" });
    expect(run.annotations).toContainEqual(
      expect.objectContaining({ level: "error", title: "deploy.rolled-back" }),
    );
    expect(run.summary).toContain("4.0.0");
    expect(versions["3.0.0"]!.failed).toBe(0);
    await expectOnly(project, "3.0.0");
  });

  test("puts the traffic back when the runner cancels it, long before the runner would kill it", async () => {
    const customersNow = await customers(project);
    const running = await startStep(actionFolder("pipeline"), {
      workspace: project.directory,
      env: project.variables,
      inputs: { environment: "test", "state-directory": project.state, version: "5.0.0" },
      runId: "12",
    });
    await until("the canary has a quarter of the traffic", async () => {
      const weights = (await recorded(project))?.weights;
      return weights?.["5.0.0"] === 25;
    });
    running.cancel();
    const run = await running.done;
    expect([run.exitCode, run.signal]).toEqual([1, null]);
    expect(run.outputs).toMatchObject({ status: "cancelled", reason_code: "deploy.cancelled" });
    expect(await customersNow.stop()).toMatchObject({ failed: 0 });
    await expectOnly(project, "3.0.0");
  });
});

test.each([
  "plan",
  "build",
  "security-scan",
  "migrate-db",
  "deploy",
  "deploy-canary",
  "verify",
  "rollback",
  "report",
  "pipeline",
])("%s without its required input says which, and how to give it", async (name) => {
  const run = await runStep(actionFolder(name), { workspace: project.directory });
  expect(run.exitCode).toBe(1);
  expect(run.outputs).toMatchObject({ status: "failed", reason_code: "config.input-invalid" });
  expect(run.annotations[0]!.message).toMatch(
    /`environment` is required.*\nAdd `environment: …` under `with:`/,
  );
});
