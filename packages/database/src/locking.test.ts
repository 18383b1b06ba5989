import { systemClock } from "@sluice/process";
import { describe, expect, test } from "vitest";
import { migrate } from "./migrate.ts";
import { startPooler } from "./testing/pooler.ts";
import { until, useServer } from "./testing/scene.ts";

const postgres = useServer();

/** Somebody who holds a table for a while. */
async function holdTable(scene: { connect(): Promise<import("pg").Client> }, table: string) {
  const other = await scene.connect();
  await other.query(`BEGIN; LOCK TABLE ${table}`);
  return { release: () => other.query("ROLLBACK") };
}

describe("two runs at once", () => {
  test("the second one says who holds the lock, and gives up after its time", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
    await scene.migrate();
    await scene.write({ "V2__b.sql": "ALTER TABLE a ADD b int;" });
    const hold = await holdTable(scene, "a");
    const first = scene.migrate({ runId: "first", lockTimeoutSeconds: 30 });
    await until(
      async () => (await scene.sql("SELECT 1 FROM pg_locks WHERE NOT granted")).length > 0,
      "the first run waits",
    );

    const second = await scene.migrate({ runId: "second", lockWaitSeconds: 0 });
    expect(second).toMatchObject({ status: "failed", reasonCode: "migrate.locked" });
    expect(second.problems[0]?.message).toMatch(
      /held by sluice first lock \(pid \d+ from 127\.0\.0\.1, connected since 20/,
    );
    expect(second.problems[0]?.remedy).toMatch(/pg_terminate_backend\(\d+\)/);
    await hold.release();
    expect(await first).toMatchObject({ status: "succeeded" });
  });

  test("the second one waits, and then finds nothing to do", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int); SELECT pg_sleep(0.5);" });
    const outcomes = await Promise.all([
      scene.migrate({ runId: "one", lockWaitSeconds: 30 }),
      scene.migrate({ runId: "two", lockWaitSeconds: 30 }),
      scene.migrate({ runId: "three", lockWaitSeconds: 30 }),
    ]);
    expect(outcomes.map((outcome) => outcome.reasonCode).sort()).toEqual([
      "migrate.applied",
      "migrate.up-to-date",
      "migrate.up-to-date",
    ]);
    expect(scene.progress.join("\n")).toMatch(
      /Waiting up to 30 s for the migration lock, held by sluice (one|two|three) lock/,
    );
  });

  test("a concurrent index build beside a waiting run does not end in a deadlock", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
    await scene.migrate();
    await scene.write({ "V2__index.sql": "CREATE INDEX CONCURRENTLY a_i ON a (i);" });
    const reader = await scene.connect();
    await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM a");
    const first = scene.migrate({ runId: "first", lockWaitSeconds: 30 });
    const building = "SELECT 1 FROM pg_stat_progress_create_index";
    await until(async () => (await scene.sql(building)).length > 0, "the index is being built");
    const second = scene.migrate({ runId: "second", lockWaitSeconds: 30 });
    await until(
      () => scene.progress.some((line) => line.includes("held by sluice first")),
      "the second run waits",
    );
    await reader.query("COMMIT");
    expect(await first).toMatchObject({ reasonCode: "migrate.applied" });
    expect(await second).toMatchObject({ reasonCode: "migrate.up-to-date" });
  });
});

describe("a table that somebody else holds (R190)", () => {
  test("is waited for briefly and tried again until it is free", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
    await scene.migrate();
    await scene.write({ "V2__b.sql": "CREATE TABLE b (i int); ALTER TABLE a ADD b int;" });
    const hold = await holdTable(scene, "a");
    const running = scene.migrate({ lockTimeoutSeconds: 0.1, retryDelaySeconds: 0.05, lockAttempts: 1000 });
    await until(() => scene.progress.some((line) => line.includes("attempt 2 of")), "it was tried twice");
    // Between the attempts nothing is held: others can work.
    await hold.release();
    expect(await running).toMatchObject({ status: "succeeded", reasonCode: "migrate.applied" });
  });

  test("is a problem of its own when it stays so", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
    await scene.migrate();
    await scene.write({ "V2__b.sql": "CREATE TABLE b (i int);\nALTER TABLE a ADD b int;" });
    const hold = await holdTable(scene, "a");
    const outcome = await scene.migrate({
      lockTimeoutSeconds: 0.1,
      retryDelaySeconds: 0.01,
      lockAttempts: 2,
    });
    await hold.release();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.lock-timeout" });
    expect(outcome.problems[0]?.location).toMatchObject({ file: "migrations/V2__b.sql", line: 2 });
    expect(await scene.sql("SELECT to_regclass('b') AS b")).toEqual([{ b: null }]);
  });
});

test("a statement that takes too long is cancelled and its file rolled back", async () => {
  const scene = await postgres.scene();
  await scene.write({ "V1__slow.sql": "CREATE TABLE a (i int);\n  SELECT pg_sleep(60);" });
  const outcome = await scene.migrate({ statementTimeoutSeconds: 0.2 });
  expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.timeout" });
  expect(outcome.problems[0]?.location).toEqual({ file: "migrations/V1__slow.sql", line: 2, column: 3 });
  expect(await scene.sql("SELECT to_regclass('a') AS a")).toEqual([{ a: null }]);
});

describe("a cancelled run", () => {
  const sessionsLeft =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sluice %'";

  test("cancels its statement on the server, rolls back and releases the lock", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__slow.sql": "CREATE TABLE a (i int); SELECT pg_sleep(60);" });
    const abort = new AbortController();
    const running = scene.migrate({ signal: abort.signal });
    await until(
      async () => (await scene.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).length > 0,
      "the statement runs",
    );
    abort.abort(new Error("SIGINT"));
    expect(await running).toMatchObject({ status: "cancelled", reasonCode: "migrate.cancelled" });
    await until(async () => (await scene.sql(sessionsLeft)).length === 0, "its sessions are gone");
    expect(await scene.sql("SELECT to_regclass('a') AS a")).toEqual([{ a: null }]);
    await scene.write({ "V1__slow.sql": "CREATE TABLE a (i int);" });
    expect(await scene.migrate()).toMatchObject({ status: "succeeded" });
  });

  test("stops waiting for the lock at once", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__slow.sql": "SELECT pg_sleep(60);" });
    const [holder, waiter] = [new AbortController(), new AbortController()];
    const first = scene.migrate({ runId: "first", signal: holder.signal });
    await until(() => scene.progress.some((line) => line.startsWith("Applying")), "the first run applies");
    const second = scene.migrate({ runId: "second", signal: waiter.signal, lockWaitSeconds: 600 });
    await until(() => scene.progress.some((line) => line.startsWith("Waiting")), "the second run waits");
    waiter.abort();
    expect(await second).toMatchObject({
      status: "cancelled",
      summary: "Cancelled before anything was applied.",
    });
    holder.abort();
    await first;
  });

  test("that is cancelled before it begins does nothing", async () => {
    const scene = await postgres.scene();
    expect(await scene.migrate({ signal: AbortSignal.abort() })).toMatchObject({ status: "cancelled" });
  });
});

test("a transaction pooler is refused with the reason, since nobody would hold the lock there", async () => {
  const scene = await postgres.scene();
  await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
  const pooler = await startPooler(scene.url);
  const outcome = await scene.migrate({ url: pooler.url });
  await pooler.stop();
  expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.pooler" });
  expect(outcome.problems[0]?.remedy).toContain("session mode");
  expect(await scene.sql("SELECT to_regclass('a') AS a, to_regclass('sluice_migrations') AS h")).toEqual([
    { a: null, h: null },
  ]);
});

describe("a lost connection", () => {
  test.each(["lock", "migration"])("(%s) ends the run with nothing half done", async (role) => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql": "CREATE TABLE a (i int); SELECT pg_sleep(1);",
      "V2__b.sql": "CREATE TABLE b (i int);",
    });
    const running = scene.migrate();
    await until(() => scene.progress.some((line) => line.startsWith("Applying")), "it applies");
    await scene.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
      `sluice run-1 ${role}`,
    ]);
    const outcome = await running;
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.connection-lost" });
    expect(await scene.migrate({ lockWaitSeconds: 30 })).toMatchObject({ status: "succeeded" });
  });
});

describe("a database that cannot be reached (R481)", () => {
  const options = { directory: "/nowhere", runId: "r", clock: systemClock, backup: null };

  test("is named by host and port, without the password (R199)", async () => {
    const scene = await postgres.scene();
    const url = "postgresql://shop:s3cr%40t-pass@127.0.0.1:1/orders";
    const outcome = await migrate({ ...options, directory: scene.directory, url });
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.unreachable" });
    expect(outcome.problems[0]?.message).toContain("127.0.0.1:1");
    expect(outcome.details.database).toBe("postgresql://127.0.0.1:1/orders");
    expect(JSON.stringify(outcome)).not.toMatch(/s3cr/);
  });

  test.each([
    ["a wrong password", (url: string) => url.replace(/:[^:@]+@/, ":wr0ng-pass@")],
    ["a database that does not exist", (url: string) => `${url}_missing`],
  ])("because of %s is told apart", async (_what, change) => {
    const scene = await postgres.scene();
    const outcome = await scene.migrate({ url: change(scene.url) });
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.credentials" });
    expect(outcome.problems[0]?.remedy).toBeTruthy();
    expect(JSON.stringify(outcome)).not.toMatch(/wr0ng-pass/);
  });

  test.each(["mysql://u:s3cret@h/d", "not a url s3cret", "postgresql://u:s3cret%zz@h/%zz"])(
    "because its address is %s: the address is not repeated",
    async (url) => {
      const outcome = await migrate({ ...options, url });
      expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.invalid-url" });
      expect(JSON.stringify(outcome)).not.toContain("s3cret");
    },
  );
});
