/** Migrations that go wrong in front of a real PostgreSQL: nothing is half applied, and what serves goes on serving. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningPostgres, startPostgres } from "../../packages/testing/src/postgres.ts";
import { runStep } from "../../packages/testing/src/runner.ts";
import type { Load } from "../../scripts/demo/load.ts";
import { customers, expectOnly, until } from "./support/customers.ts";
import { actionFolder } from "./support/dist.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli, release, startCli } from "./support/sluice.ts";

let postgres: RunningPostgres;
let project: Project;
let load: Load;

const first = "CREATE TABLE orders (id bigint PRIMARY KEY);\n";

beforeAll(async () => {
  postgres = await startPostgres();
  project = await makeProject({ project: { database: { migrations: "migrations" } } });
  project.variables.DATABASE_URL = postgres.url;
  await project.write({ "migrations/V1__create_orders.sql": first });
  const { exitCode, json } = await release(project, "1.0.0");
  expect([exitCode, json.reasonCode]).toEqual([0, "deploy.promoted"]);
  load = await customers(project, 50);
});
afterAll(async () => {
  await load.stop();
  await project.remove();
  await postgres.stop();
});

/** Rows of a query on the real server. */
async function rows(sql: string): Promise<unknown[]> {
  const client = new Client(postgres.url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const columns = async (): Promise<unknown[]> =>
  (await rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'")).map(
    (row) => (row as { column_name: string }).column_name,
  );

const nothing = "SELECT 1;\n";
/** Writes the migration of the second release. */
const second = (sql: string) => project.write({ "migrations/V2__add_price.sql": sql });

/** The release did not happen, the database is as it was, and no customer saw anything. */
async function expectNothingLost(): Promise<void> {
  expect(await columns()).toEqual(["id"]);
  await expectOnly(project, "1.0.0");
  expect(load.report()).toMatchObject({ failed: 0 });
}

/** The same mistake for a person at a terminal and for a workflow. */
async function failures(version: string) {
  const run = await release(project, version);
  const action = await runStep(actionFolder("migrate-db"), {
    workspace: project.directory,
    env: project.variables,
    inputs: { environment: "test", "state-directory": project.state },
  });
  return { run, action };
}

describe("a release whose migration", () => {
  test("has a syntax error stops before anything is applied, at file, line and column", async () => {
    const sql = "ALTER TABLE orders ADD COLUMN note text;\nALTER TABEL orders ADD COLUMN price numeric;\n";
    await second(sql);
    const { run, action } = await failures("2.0.0");
    await second(nothing);
    const code = "migrate.syntax-error";
    expect([run.exitCode, run.json.stage, run.json.status, run.json.reasonCode]).toEqual([
      1,
      "migrate",
      "failed",
      code,
    ]);
    expect(run.json.problems![0]).toMatchObject({
      message: expect.stringContaining("TABEL"),
      location: { file: "migrations/V2__add_price.sql", line: 2, column: 7 },
    });
    expect(action.exitCode).toBe(1);
    expect(action.outputs).toMatchObject({ status: "failed", reason_code: code, applied: "0" });
    const annotation = action.annotations.find(({ title, file }) => title === code && file)!;
    expect(annotation).toMatchObject({ level: "error", file: "migrations/V2__add_price.sql", line: 2 });
    await expectNothingLost();
  });

  test("fails half-way is taken back as a whole, and says which statement and why", async () => {
    const sql = "ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE orders ADD COLUMN id bigint;\n";
    await second(sql);
    const { run } = await failures("2.0.0");
    await second(nothing);
    expect([run.exitCode, run.json.reasonCode]).toEqual([1, "migrate.failed"]);
    expect(run.json.problems![0]).toMatchObject({
      message: expect.stringContaining("already exists"),
      location: { file: "migrations/V2__add_price.sql", line: 2 },
    });
    await expectNothingLost();
  });

  test("was changed after it was applied is refused, with the file and what to do instead", async () => {
    await project.write({ "migrations/V1__create_orders.sql": first.replace("bigint", "uuid") });
    const { run, action } = await failures("2.0.0");
    await project.write({ "migrations/V1__create_orders.sql": first });
    const code = "migrate.changed-file";
    expect([run.exitCode, run.json.status, run.json.reasonCode]).toEqual([1, "failed", code]);
    expect(run.json.problems![0]).toMatchObject({
      location: { file: "migrations/V1__create_orders.sql" },
      remedy: expect.stringMatching(/\S/),
    });
    expect(action.outputs.reason_code).toBe(code);
    await expectNothingLost();
  });
});

describe("a database", () => {
  test("that cannot be reached ends the run; host and port are named, the password is not (R481)", async () => {
    const url = new URL(postgres.url);
    url.port = "1";
    const ended = await cli(project, ["migrate", "--json"], { DATABASE_URL: url.href });
    expect([ended.exitCode, ended.json.reasonCode]).toEqual([1, "migrate.unreachable"]);
    expect(ended.json.problems![0]!.message).toContain("127.0.0.1:1");
    const whole = await cli(project, ["run", "--version", "2.0.0", "--json"], { DATABASE_URL: url.href });
    expect([whole.exitCode, whole.json.status, whole.json.reasonCode]).toEqual([
      1,
      "failed",
      "migrate.unreachable",
    ]);
    expect(ended.stdout + ended.stderr + whole.stdout + whole.stderr).not.toContain(url.password);
    await expectNothingLost();
  });

  test("that refuses the password ends the run with a remedy, and without the password", async () => {
    const url = new URL(postgres.url);
    url.password = "open-sesame";
    const ended = await cli(project, ["migrate", "--json"], { DATABASE_URL: url.href });
    expect([ended.exitCode, ended.json.reasonCode]).toEqual([1, "migrate.credentials"]);
    expect(ended.json.problems![0]!.remedy).toMatch(/password/);
    expect(ended.stdout + ended.stderr).not.toContain("open-sesame");
  });

  test("whose address is not set is bad input: variable, file and key are named", async () => {
    const ended = await cli(project, ["migrate", "--json"], { DATABASE_URL: "" });
    expect([ended.exitCode, ended.json.reasonCode]).toEqual([2, "config.input-invalid"]);
    expect(ended.json.problems![0]).toMatchObject({
      message: expect.stringContaining("DATABASE_URL"),
      location: { file: ".deploy/project.yaml", key: "database.urlVariable" },
    });
  });

  test("that another environment is migrating is waited for; who holds it is said, and both can be cancelled", async () => {
    // The other environment has a lock of its own, so only the database can keep the two apart.
    await project.write({ ".deploy/other-config.yaml": "environment: other\n" });
    await second("SELECT pg_sleep(30);\n");
    const other = startCli(project, ["migrate", "-e", "other", "--json"]);
    const sleepers =
      "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";
    await until("the other run is in its migration", async () => (await rows(sleepers)).length > 0);
    const waiting = startCli(project, ["migrate", "--json"]);
    await until("the second run names the first", () => /lock.*other\//.test(waiting.stderr()));
    for (const run of [waiting, other]) {
      run.child.kill("SIGTERM");
      const { exitCode, json } = await run.ended;
      expect([exitCode, json.status, json.reasonCode]).toEqual([130, "cancelled", "migrate.cancelled"]);
    }
    await second(nothing);
    await expectNothingLost();
  });
});

test("after all of that the mended release goes out, with its migration before it (C20, R176)", async () => {
  await second("ALTER TABLE orders ADD COLUMN price numeric;\n");
  const dry = await cli(project, ["migrate", "--dry-run", "--json"]);
  expect([dry.exitCode, dry.json.reasonCode]).toEqual([0, "migrate.planned"]);
  expect(await columns()).toEqual(["id"]);
  const { exitCode, json } = await release(project, "2.0.0");
  expect([exitCode, json.reasonCode]).toEqual([0, "deploy.promoted"]);
  expect(await columns()).toEqual(["id", "price"]);
  await expectOnly(project, "2.0.0");
});
