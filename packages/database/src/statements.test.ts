import { describe, expect, test } from "vitest";
import { until, useServer } from "./testing/scene.ts";

const postgres = useServer();
const table = "CREATE TABLE a (i int, n int); INSERT INTO a SELECT g, g % 10 FROM generate_series(1, 100) g;";

describe("a file with statements that cannot be in a transaction", () => {
  test("is run statement by statement, several index builds in one file (R193)", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql": table,
      "V2__indexes.sql":
        "CREATE INDEX CONCURRENTLY a_i ON a (i);\nCREATE INDEX CONCURRENTLY a_n ON a (n);\nVACUUM a;\nALTER TABLE a ADD done boolean;",
    });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "succeeded", reasonCode: "migrate.applied" });
    expect(outcome.details.migrations[1]).toMatchObject({ isTransactional: false, statements: 4 });
    expect(
      await scene.sql(
        "SELECT bool_and(indisvalid) AS ok, count(*)::int AS n FROM pg_index WHERE indrelid = 'a'::regclass",
      ),
    ).toEqual([{ ok: true, n: 2 }]);
  });

  test("that fails in the middle goes on behind what is done, with the rest corrected", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql": table,
      "V2__mixed.sql":
        "SET search_path = public;\nINSERT INTO a VALUES (101, 1);\nCREATE INDEX CONCURRENTLY a_i ON a (i);\nINSERT INTO missing VALUES (1);\nVACUUM a;",
    });
    const first = await scene.migrate();
    expect(first).toMatchObject({ status: "failed", reasonCode: "migrate.failed" });
    expect(first.problems[0]?.location).toEqual({ file: "migrations/V2__mixed.sql", line: 4, column: 13 });
    await scene.write({
      "V2__mixed.sql":
        "SET search_path = public;\nINSERT INTO a VALUES (101, 1);\nCREATE INDEX CONCURRENTLY a_i ON a (i);\nINSERT INTO a VALUES (102, 1);\nVACUUM a;",
    });
    const second = await scene.migrate({ runId: "run-2" });
    expect(second).toMatchObject({ status: "succeeded" });
    expect(scene.progress.join("\n")).toContain("3 of 5 statements were applied by run-1");
    expect(await scene.sql("SELECT i FROM a WHERE i > 100 ORDER BY i")).toEqual([{ i: 101 }, { i: 102 }]);
    const [row] = await scene.sql(
      "SELECT statements, applied_at IS NOT NULL AS applied FROM sluice_migrations WHERE version = '2'",
    );
    expect(row?.applied).toBe(true);
    expect(row?.statements.map((statement: { state: string }) => statement.state)).toEqual(
      Array(5).fill("done"),
    );
  });

  test("is refused when a statement that was done has been changed", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql": table,
      "V2__mixed.sql": "INSERT INTO a VALUES (1, 1);\nVACUUM a;\nSELECT 1/0;",
    });
    await scene.migrate();
    await scene.write({ "V2__mixed.sql": "INSERT INTO a VALUES (2, 2);\nVACUUM a;\nSELECT 1;" });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.changed-file" });
    expect(outcome.problems[0]?.location).toEqual({ file: "migrations/V2__mixed.sql", line: 1, column: 1 });
  });

  test("tries a statement again that lost against somebody else's lock, and does the others once", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": table });
    await scene.migrate();
    await scene.write({
      "V2__mixed.sql": "INSERT INTO a VALUES (101, 1);\nVACUUM a;\nALTER TABLE a ADD b int;",
    });
    const other = await scene.connect();
    await other.query("BEGIN; SELECT * FROM a");
    const running = scene.migrate({ lockTimeoutSeconds: 0.1, retryDelaySeconds: 0.05, lockAttempts: 1000 });
    await until(() => scene.progress.some((line) => line.includes("attempt 1 of")), "it was tried");
    await other.query("COMMIT");
    expect(await running).toMatchObject({ status: "succeeded" });
    expect(await scene.sql("SELECT count(*)::int AS n FROM a WHERE i = 101")).toEqual([{ n: 1 }]);
  });
});

describe("an INVALID index", () => {
  const duplicate = "CREATE UNIQUE INDEX CONCURRENTLY a_unique ON a (n);";

  test("that a failed build has left is dropped and built again, once the cause is mended", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": table, "V2__unique.sql": duplicate });
    expect(await scene.migrate()).toMatchObject({ status: "failed", reasonCode: "migrate.failed" });
    expect(
      await scene.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_unique'::regclass"),
    ).toEqual([{ indisvalid: false }]);
    await scene.sql("UPDATE a SET n = i");
    expect(await scene.migrate()).toMatchObject({ status: "succeeded" });
    expect(
      await scene.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_unique'::regclass"),
    ).toEqual([{ indisvalid: true }]);
  });

  test("is not hidden by IF NOT EXISTS", async () => {
    const scene = await postgres.scene();
    const conditional = duplicate.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS");
    await scene.write({ "V1__a.sql": table, "V2__unique.sql": conditional });
    await scene.migrate();
    await scene.sql("UPDATE a SET n = i");
    expect(await scene.migrate()).toMatchObject({ status: "succeeded" });
    expect(
      await scene.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_unique'::regclass"),
    ).toEqual([{ indisvalid: true }]);
  });

  test("of somebody else makes the validation fail, with the statement that mends it (R173)", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": table });
    await scene.migrate();
    await scene.sql(duplicate).catch(() => {});
    await scene.write({ "V2__b.sql": "CREATE TABLE b (i int);" });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.validation-failed" });
    expect(outcome.problems[0]?.message).toContain("a_unique on a");
    expect(outcome.problems[0]?.remedy).toBe('REINDEX INDEX CONCURRENTLY "public"."a_unique";');
    expect(outcome.details.migrations[1]?.outcome).toBe("applied");
  });

  test("a build is not cancelled by lock_timeout because of an unrelated old transaction", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": table });
    await scene.migrate();
    await scene.write({ "V2__index.sql": "CREATE INDEX CONCURRENTLY a_i ON a (i);" });
    const other = await scene.connect();
    await other.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    const running = scene.migrate({ lockTimeoutSeconds: 0.1, statementTimeoutSeconds: 0.5 });
    await until(
      () =>
        scene.progress.some((line) => /^index a_i: waiting for .* waits for transaction 1 of 1/.test(line)),
      "it tells what it waits for",
    );
    await other.query("COMMIT");
    expect(await running).toMatchObject({ status: "succeeded" });
  });
});
