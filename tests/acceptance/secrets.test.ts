/** Secrets that programs print by accident: nobody finds them in anything that Sluice leaves behind. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningPostgres, startPostgres } from "../../packages/testing/src/postgres.ts";
import { type ActionRun, runStep, type StepOptions } from "../../packages/testing/src/runner.ts";
import { leaksOf } from "../../packages/testing/src/secrets.ts";
import { expectOnly } from "./support/customers.ts";
import { actionFolder } from "./support/dist.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli, type Ended, release } from "./support/sluice.ts";

const token = "tok-5f0c1d7e9a";
let postgres: RunningPostgres;
let project: Project;
let secrets: string[];

beforeAll(async () => {
  postgres = await startPostgres();
  project = await makeProject({
    environment: { healthCheck: { interval: "100ms", timeout: "1s", retries: 10 } },
    project: { database: { migrations: "migrations" } },
  });
  await project.write({ "migrations/V1__create_orders.sql": "CREATE TABLE orders (id bigint);\n" });
  await project.set("project", { "services.0.secrets": ["API_TOKEN", "DATABASE_URL"] });
  project.variables.API_TOKEN = token;
  project.variables.DATABASE_URL = postgres.url;
  secrets = [token, new URL(postgres.url).password];
  expect((await release(project, "1.0.0")).exitCode).toBe(0);
});
afterAll(async () => {
  await project.remove();
  await postgres.stop();
});

/** Places where a secret can be read: what was printed, `out/`, and all of the state directory. */
async function leaks(run: Pick<Ended, "stdout" | "stderr"> | ActionRun): Promise<string[]> {
  const nothing = { outputs: {}, state: {}, exported: {}, summary: "" };
  const places = secrets.map((secret) =>
    leaksOf(secret, { ...nothing, ...run } as ActionRun, [project.out, project.state]),
  );
  return (await Promise.all(places)).flat();
}

const step = (inputs: Record<string, string> = {}): StepOptions => ({
  workspace: project.directory,
  env: project.variables,
  inputs: { environment: "test", "state-directory": project.state, ...inputs },
});

describe("a service that prints its secrets when it dies", () => {
  beforeAll(() => project.behave("dies-at-start"));
  afterAll(() => project.behave("ok"));

  test("is quoted without them: on the terminal, in results, state, journal, logs and report (R216)", async () => {
    const ended = await release(project, "2.0.0");
    expect([ended.exitCode, ended.json.reasonCode]).toEqual([1, "deploy.crashed"]);
    expect(ended.json.summary).toMatch(/cannot log in with \*+ at \*+/);
    expect(await leaks(ended)).toEqual([]);
    await expectOnly(project, "1.0.0");
  });

  test("leaves none in the outputs, the summary and the annotations of an action, which masks them first", async () => {
    const run = await runStep(actionFolder("pipeline"), step({ version: "3.0.0" }));
    expect(run.exitCode).toBe(1);
    expect(run.outputs.reason_code).toBe("deploy.crashed");
    expect(await leaks(run)).toEqual([]);
    expect(run.masks).toEqual(expect.arrayContaining([token, postgres.url, ...secrets]));
    const printed = run.stdout
      .split("\n")
      .findIndex((line) => line !== "" && !line.startsWith("::add-mask::"));
    const lastMask = run.stdout.split("\n").findLastIndex((line) => line.startsWith("::add-mask::"));
    expect(lastMask).toBeLessThan(printed);
  });
});

test("a build that prints secrets when it fails is quoted without them, also with --verbose", async () => {
  const script = 'echo "using $API_TOKEN and $DATABASE_URL" >&2; exit 1';
  await project.set("project", { "services.0.build.lint": ["sh", "-c", script] });
  const ended = await release(project, "4.0.0", "--verbose");
  const run = await runStep(actionFolder("build"), step({ version: "4.0.0" }));
  await project.set("project", { "services.0.build.lint": undefined });
  expect([ended.exitCode, ended.json.reasonCode]).toEqual([1, "build.command-failed"]);
  expect(ended.json.problems![0]!.remedy).toMatch(/using \*\*\* and/);
  expect(await leaks(ended)).toEqual([]);
  expect(run.outputs.reason_code).toBe("build.command-failed");
  expect(await leaks(run)).toEqual([]);
});

test("a migration that quotes the address in its error does not show the password", async () => {
  const sql = `DO $$ BEGIN RAISE EXCEPTION 'not for ${token}'; END $$;\n`;
  await project.write({ "migrations/V2__raise.sql": sql });
  const ended = await release(project, "5.0.0");
  await project.write({ "migrations/V2__raise.sql": "SELECT 1;\n" });
  expect([ended.exitCode, ended.json.reasonCode]).toEqual([1, "migrate.failed"]);
  expect(await leaks(ended)).toEqual([]);
});

test("a secret in an input is in nothing that the action leaves behind", async () => {
  const run = await runStep(actionFolder("rollback"), step({ reason: `somebody pasted ${token}` }));
  expect(run.outputs.reason_code).toBe("rollback.no-target");
  expect(await leaks(run)).toEqual([]);
  const dry = await cli(project, ["rollback", "--reason", `somebody pasted ${token}`, "--json"]);
  expect(await leaks(dry)).toEqual([]);
});

test("a secret that is not set is named by its variable, before anything is started", async () => {
  const ended = await cli(project, ["run", "--version", "6.0.0", "--json"], { API_TOKEN: "" });
  expect([ended.exitCode, ended.json.reasonCode]).toEqual([2, "config.input-invalid"]);
  expect(ended.json.problems![0]!.message).toMatch(/app needs API_TOKEN/);
  await expectOnly(project, "1.0.0");
});

describe("secrets that an action gets as lines NAME=value (R209)", () => {
  const key = ["-----BEGIN KEY-----", "bGluZS1vZi1hLWtleQ==", "-----END KEY-----"];
  const lines = () =>
    [
      "# what the service needs",
      `API_TOKEN='${token}'`,
      `DATABASE_URL=${postgres.url}`,
      `SIGNING_KEY="${key.join("\\n")}"`,
    ].join("\n");
  const given = (inputs: Record<string, string> = {}): StepOptions => {
    // The runner hands over an empty variable for a secret that is not set.
    const env = { ...project.variables, API_TOKEN: "", DATABASE_URL: "" };
    return { ...step({ secrets: lines(), ...inputs }), env };
  };
  const expectHidden = async (run: ActionRun) => {
    expect(await leaks(run)).toEqual([]);
    for (const line of key) expect(await leaksOf(line, run, [project.out, project.state]), line).toEqual([]);
    expect(run.masks).toEqual(expect.arrayContaining([...secrets, postgres.url, ...key]));
    const printed = run.stdout.split("\n");
    const isMask = (line: string) => line.startsWith("::add-mask::");
    const before = printed
      .slice(
        0,
        printed.findIndex((line) => line !== "" && !isMask(line)),
      )
      .join("\n");
    for (const value of [token, postgres.url, ...key]) expect(before).toContain(`::add-mask::${value}`);
  };
  beforeAll(async () => {
    await project.set("project", { "services.0.secrets": ["API_TOKEN", "DATABASE_URL", "SIGNING_KEY"] });
    await project.set("test", { strategy: "rolling" });
  });

  test("reach the service and not the build", async () => {
    const lint = ["sh", "-c", 'echo "key: $SIGNING_KEY"; test -z "$SIGNING_KEY$API_TOKEN"'];
    await project.set("project", { "services.0.build.lint": lint });
    const run = await runStep(actionFolder("pipeline"), given({ version: "7.0.0" }));
    await project.set("project", { "services.0.build.lint": undefined });
    expect(run.outputs).toMatchObject({ status: "succeeded", reason_code: "deploy.promoted" });
    await expectHidden(run);
    await expectOnly(project, "7.0.0");
  });

  test("are enough to migrate, to verify and to roll back", async () => {
    for (const [name, status] of [
      ["migrate-db", /succeeded|skipped/],
      ["verify", /^succeeded$/],
      ["rollback", /^rolled_back$/],
    ] as const) {
      const run = await runStep(actionFolder(name), given());
      expect(run.outputs.status, `${name}\n${run.stdout}`).toMatch(status);
      await expectHidden(run);
    }
  });

  test("are in nothing when the service that got them prints them and dies", async () => {
    await project.behave("dies-at-start");
    const run = await runStep(actionFolder("pipeline"), given({ version: "8.0.0" }));
    await project.behave("ok");
    expect(run.outputs.reason_code).toBe("deploy.crashed");
    expect(run.stdout).toMatch(/cannot log in with \*+ at \*+/);
    await expectHidden(run);
  });

  test("are not shown by a line that cannot be read, which is named by its number", async () => {
    const run = await runStep(actionFolder("deploy"), given({ secrets: `${lines()}\nhunter2-hunter2` }));
    expect([run.exitCode, run.outputs.reason_code]).toEqual([1, "config.input-invalid"]);
    expect(run.annotations[0]!.message).toMatch(/`secrets` cannot be read in line 5\./);
    expect(await leaksOf("hunter2-hunter2", run, [project.out, project.state])).toEqual([]);
    expect(await leaks(run)).toEqual([]);
    expect(run.masks).toEqual(expect.arrayContaining([token, "hunter2-hunter2", ...key]));
  });
});
