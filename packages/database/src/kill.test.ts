import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { until, useServer } from "./testing/scene.ts";

const postgres = useServer();

/** The same migration in a process of its own. */
function migrateInProcess(options: Record<string, unknown>) {
  const child = spawn(process.execPath, [new URL("./testing/child.ts", import.meta.url).pathname], {
    env: { ...process.env, MIGRATE_OPTIONS: JSON.stringify(options), NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  return { child, ended: once(child, "exit"), output: () => output };
}

const runs = (query: string) =>
  `SELECT 1 FROM pg_stat_activity WHERE application_name = 'sluice killed migration' AND state = 'active' AND query LIKE '${query}%'`;
const anySession = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'sluice killed%'";

describe("a migrating process that is killed", () => {
  test("in a transaction leaves no lock and nothing half done; the next run converges", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql": "CREATE TABLE a (i int);",
      "V2__slow.sql": "CREATE TABLE b (i int);\nSELECT pg_sleep(600);",
    });
    const { child, ended } = migrateInProcess({
      ...{ url: scene.url, directory: scene.directory, runId: "killed", backup: null },
    });
    await until(async () => (await scene.sql(runs("SELECT pg_sleep"))).length > 0, "the statement runs");
    child.kill("SIGKILL");
    await ended;
    await until(async () => (await scene.sql(anySession)).length === 0, "the server has noticed");
    await scene.write({ "V2__slow.sql": "CREATE TABLE b (i int);" });
    const outcome = await scene.migrate({ lockWaitSeconds: 30 });
    expect(outcome.details.migrations.map((m) => m.outcome)).toEqual(["already-applied", "applied"]);
  });

  test("during a concurrent index build leaves an INVALID index, which the next run drops and builds again", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql": "CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 100);",
    });
    await scene.migrate();
    await scene.write({
      "V2__index.sql":
        "ALTER TABLE a ADD n int;\nCREATE INDEX CONCURRENTLY a_i ON a (i);\nCREATE INDEX CONCURRENTLY ON a (n);\nUPDATE a SET n = 1 WHERE true;",
    });
    const reader = await scene.connect();
    await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM a");
    const { child, ended } = migrateInProcess({
      ...{ url: scene.url, directory: scene.directory, runId: "killed", backup: null },
      // The reader holds the table too.
      ...{ lockTimeoutSeconds: 0.2, lockAttempts: 1000, retryDelaySeconds: 0.05 },
    });
    const firstReader = reader.query("COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM pg_class");
    await firstReader;
    await until(async () => (await scene.sql(runs("CREATE INDEX"))).length > 0, "the index is being built");
    child.kill("SIGKILL");
    await ended;
    await until(async () => (await scene.sql(anySession)).length === 0, "the server has noticed");
    await reader.query("COMMIT");
    const [left] = await scene.sql(
      "SELECT applied_at, statements FROM sluice_migrations WHERE version = '2'",
    );
    expect(left).toMatchObject({ applied_at: null, statements: [{ state: "done" }, { state: "started" }] });
    expect(await scene.sql("SELECT indisvalid FROM pg_index WHERE indrelid = 'a'::regclass")).toEqual([
      { indisvalid: false },
    ]);

    const outcome = await scene.migrate({ lockWaitSeconds: 30 });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(scene.progress.join("\n")).toContain("Dropped the INVALID index a_i");
    expect(
      await scene.sql(
        "SELECT indexrelid::regclass::text AS name, indisvalid FROM pg_index WHERE indrelid = 'a'::regclass ORDER BY 1",
      ),
    ).toEqual([
      { name: "a_i", indisvalid: true },
      { name: "a_n_idx", indisvalid: true },
    ]);
    expect(await scene.sql("SELECT count(*)::int AS n FROM a WHERE n = 1")).toEqual([{ n: 100 }]);
  });

  test("is not in the way of a run that starts at the same moment", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int); SELECT pg_sleep(600);" });
    const { child, ended } = migrateInProcess({
      ...{ url: scene.url, directory: scene.directory, runId: "killed", backup: null },
    });
    await until(async () => (await scene.sql(runs("SELECT pg_sleep"))).length > 0, "the statement runs");
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
    child.kill("SIGKILL");
    // Its idle connection is gone at once; its statement may still run, and is waited for.
    expect(await scene.migrate({ lockWaitSeconds: 60 })).toMatchObject({ status: "succeeded" });
    await ended;
  });
});

test("the password is in no argument list and no application name", async () => {
  const scene = await postgres.scene();
  await scene.write({ "V1__a.sql": "SELECT pg_sleep(600);" });
  const { child, ended, output } = migrateInProcess({
    ...{ url: scene.url, directory: scene.directory, runId: "killed", backup: null },
  });
  await until(async () => (await scene.sql(runs("SELECT pg_sleep"))).length > 0, "the statement runs");
  const names = await scene.sql(
    "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()",
  );
  expect(names.map((row) => row.application_name).sort()).toEqual([
    "sluice killed lock",
    "sluice killed migration",
    "test",
  ]);
  const password = new URL(scene.url).password;
  child.kill("SIGINT");
  await ended;
  expect(output()).toContain("migrate.cancelled");
  expect(output()).not.toContain(password);
});
