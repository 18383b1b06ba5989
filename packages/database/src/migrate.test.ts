import { readFileSync } from "node:fs";
import { MigrateDetails, Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { useServer } from "./testing/scene.ts";

const postgres = useServer();

const orders = "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text);\n";

describe("migrations are applied", () => {
  test("in the order of their versions, once (R167, R176, R192)", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V10__fill.sql": "INSERT INTO orders (customer) VALUES ('a'), ('b');",
      "V1__orders.sql": orders,
      "U1__orders.sql": "DROP TABLE orders;",
      "V2__total.sql": "ALTER TABLE orders ADD total numeric;",
    });
    const first = await scene.migrate();
    expect(first).toMatchObject({ status: "succeeded", reasonCode: "migrate.applied" });
    expect(MigrateDetails.parse(first.details)).toEqual(first.details);
    expect(first.details.migrations.map((m) => [m.version, m.outcome])).toEqual([
      ["1", "applied"],
      ["2", "applied"],
      ["10", "applied"],
    ]);
    expect(first.details.before).toMatchObject({ version: null, applied: 0, tables: [] });
    expect(first.details.after).toMatchObject({
      version: "10",
      applied: 3,
      tables: [{ name: "orders", columns: 3, rows: 2 }],
    });
    expect(first.details.validation.every((check) => check.passed)).toBe(true);
    expect(scene.events.map((event) => event.type)).toEqual(Array(3).fill("migration.applied"));

    const second = await scene.migrate();
    expect(second).toMatchObject({ status: "succeeded", reasonCode: "migrate.up-to-date" });
    expect(await scene.sql("SELECT * FROM orders")).toHaveLength(2);
  });

  test("the history says what, when, by whom, with a hash of each statement (R188)", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__orders.sql": `${orders}CREATE TABLE b (i int);` });
    await scene.migrate({ runId: "run-77" });
    const [row] = await scene.sql("SELECT * FROM sluice_migrations");
    expect(row).toMatchObject({ version: "1", name: "orders", run: "run-77", phase: "expand" });
    expect(row?.applied_at).toBeInstanceOf(Date);
    expect(row?.checksum).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(row?.statements).toEqual([
      { hash: expect.stringMatching(/^sha256:/), state: "done" },
      { hash: expect.stringMatching(/^sha256:/), state: "done" },
    ]);
  });

  test("a file wrapped in BEGIN … COMMIT is one transaction (R200)", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__orders.sql": `BEGIN;\n${orders}INSERT INTO orders (customer) VALUES ('a');\nCOMMIT;\n`,
      "V2__broken.sql": "BEGIN;\nINSERT INTO orders (customer) VALUES ('b');\nSELECT 1/0;\nCOMMIT;\n",
    });
    const outcome = await scene.migrate();
    expect(outcome.details.migrations.map((m) => m.outcome)).toEqual(["applied", "failed"]);
    expect(outcome.details.after?.tables).toEqual([{ name: "orders", columns: 2, rows: 1 }]);
  });

  test("rows of COPY FROM stdin are sent, after \\restrict of a dump", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__data.sql": `\\restrict x\n${orders}COPY orders (customer) FROM stdin;\na;b\nit's\\tme\n\\.\n\nCREATE TABLE after (i int);\n\\unrestrict x\n`,
    });
    expect(await scene.migrate()).toMatchObject({ status: "succeeded" });
    expect(await scene.sql("SELECT customer FROM orders ORDER BY id")).toEqual([
      { customer: "a;b" },
      { customer: "it's\tme" },
    ]);
  });

  test("what one file sets in the session does not reach the next", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__quiet.sql":
        "CREATE SCHEMA other; SET search_path = other; SET lock_timeout = 1; CREATE TABLE a (i int);",
      "V2__next.sql": "CREATE TABLE b AS SELECT current_setting('lock_timeout') AS t;",
    });
    expect(await scene.migrate({ lockTimeoutSeconds: 7 })).toMatchObject({ status: "succeeded" });
    expect(await scene.sql("SELECT t FROM public.b")).toEqual([{ t: "7s" }]);
    expect(await scene.sql("SELECT count(*)::int AS n FROM public.sluice_migrations")).toEqual([{ n: 2 }]);
  });

  test("a string that goes on after a comment is read as the server reads it", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__x.sql": "CREATE TABLE t AS SELECT E'a' -- why;\n'\\';' AS s; CREATE TABLE u (i int);",
    });
    expect(await scene.migrate()).toMatchObject({ status: "succeeded" });
    expect(await scene.sql("SELECT s FROM t")).toEqual([{ s: "a';" }]);
  });

  test("a dry run lists them and changes nothing (R475)", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__orders.sql": orders });
    const outcome = await scene.migrate({ dryRun: true });
    expect(outcome).toMatchObject({ status: "succeeded", reasonCode: "migrate.planned" });
    expect(outcome.summary).toContain("1");
    expect(outcome.details.migrations[0]?.outcome).toBe("pending");
    expect(
      await scene.sql("SELECT to_regclass('sluice_migrations') AS t, to_regclass('orders') AS o"),
    ).toEqual([{ t: null, o: null }]);
  });

  test("a dry run finds what does not parse", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__orders.sql": "CREATE TABLE orders (id int;" });
    expect(await scene.migrate({ dryRun: true })).toMatchObject({ reasonCode: "migrate.syntax-error" });
  });

  test("a contract migration and an unsafe statement are pointed at (R181)", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__orders.sql": orders });
    await scene.migrate();
    await scene.write({ "V2__drop.sql": "ALTER TABLE orders DROP customer;" });
    const outcome = await scene.migrate();
    expect(outcome.status).toBe("succeeded");
    expect(outcome.details.migrations[1]?.phase).toBe("contract");
    expect(outcome.problems).toEqual([
      expect.objectContaining({ severity: "warning", reasonCode: "migrate.unsafe" }),
    ]);
    expect(outcome.problems[0]?.location).toMatchObject({ file: "migrations/V2__drop.sql", line: 1 });
  });
});

describe("nothing is applied when", () => {
  test("a statement of any file does not parse: with file, line and column of the mistake (R199)", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__orders.sql": orders,
      "V2__typo.sql": "-- a comment\r\nCREATE TABLE ü (i int);\r\n  CREATE TABEL b (i int);\r\n",
    });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.syntax-error" });
    expect(outcome.problems[0]?.location).toEqual({ file: "migrations/V2__typo.sql", line: 3, column: 10 });
    expect(outcome.problems[0]?.message).toContain("TABEL");
    expect(await scene.sql("SELECT to_regclass('orders') AS t")).toEqual([{ t: null }]);
  });

  test("an applied file was changed: both checksums and the remedy are told", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__orders.sql": orders });
    const { details } = await scene.migrate();
    await scene.write({ "V1__orders.sql": `${orders}-- more`, "V2__b.sql": "CREATE TABLE b (i int);" });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.changed-file" });
    expect(outcome.problems[0]?.message).toContain(details.migrations[0]!.checksum);
    expect(outcome.problems[0]?.message).toContain(outcome.details.migrations[0]!.checksum);
    expect(outcome.problems[0]?.location?.file).toBe("migrations/V1__orders.sql");
    expect(outcome.problems[0]?.remedy).toContain("new migration");
    expect(await scene.sql("SELECT to_regclass('b') AS t")).toEqual([{ t: null }]);
  });

  test("but not when only line endings or a byte order mark were changed", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__orders.sql": `${orders}-- end\n` });
    await scene.migrate();
    await scene.write({ "V1__orders.sql": `\ufeff${orders}-- end\n`.replaceAll("\n", "\r\n") });
    expect(await scene.migrate()).toMatchObject({ reasonCode: "migrate.up-to-date" });
  });

  test.each([
    ["migrate.invalid-file", { "1_orders.sql": orders }],
    ["migrate.duplicate-version", { "V1__a.sql": orders, "V1.0__b.sql": orders }],
    ["migrate.invalid-file", { "V1__a.sql": orders, "U2__b.sql": orders }],
    ["migrate.invalid-file", { "V1__a.sql": "\\i other.sql\nSELECT 1;" }],
    ["migrate.invalid-file", { "V1__a.sql": "SELECT 'open" }],
    ["migrate.invalid-transaction", { "V1__a.sql": "BEGIN; SELECT 1; COMMIT; SELECT 2;" }],
  ])("the files are wrong: %s", async (reasonCode, files) => {
    const scene = await postgres.scene();
    await scene.write(files as Record<string, string>);
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode });
    expect(outcome.problems[0]?.location?.file).toMatch(/^migrations\//);
    expect(outcome.problems[0]?.remedy).toBeTruthy();
  });

  test("the documents' example has its index build inside a transaction (C22)", async () => {
    const scene = await postgres.scene();
    const example = readFileSync(
      new URL("../../sql/fixtures/documents-example.sql", import.meta.url),
      "utf8",
    );
    await scene.write({
      "V1__orders.sql": "CREATE TABLE orders (customer_id int);",
      "V2__index.sql": example,
    });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.invalid-transaction" });
    expect(outcome.problems[0]?.location).toEqual({ file: "migrations/V2__index.sql", line: 6, column: 1 });
    expect(outcome.problems[0]?.remedy).toContain("indisvalid");
    expect(await scene.sql("SELECT to_regclass('orders') AS t")).toEqual([{ t: null }]);
  });

  test("a file is gone, or a new one comes before an applied one", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V2__a.sql": "CREATE TABLE a (i int);", "V4__b.sql": "CREATE TABLE b (i int);" });
    await scene.migrate();
    await scene.write({ "V3__late.sql": "CREATE TABLE c (i int);" });
    expect(await scene.migrate()).toMatchObject({ status: "failed", reasonCode: "migrate.out-of-order" });
    await scene.remove("V3__late.sql");
    await scene.remove("V2__a.sql");
    expect(await scene.migrate()).toMatchObject({ status: "failed", reasonCode: "migrate.missing-file" });
  });
});

test("older code on a newer schema, as after a rollback, is told and is no failure (C21)", async () => {
  const scene = await postgres.scene();
  await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);", "V2__b.sql": "CREATE TABLE b (i int);" });
  await scene.migrate();
  await scene.remove("V2__b.sql");
  const outcome = await scene.migrate();
  expect(outcome).toMatchObject({ status: "succeeded", reasonCode: "migrate.up-to-date" });
  expect(outcome.problems).toEqual([
    expect.objectContaining({ severity: "warning", reasonCode: "migrate.ahead" }),
  ]);
});

describe("a statement that fails", () => {
  test("rolls its file back, keeps the files before it, and tells the place (R168)", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__orders.sql": orders,
      "V2__fail.sql": "CREATE TABLE b (i int);\nINSERT INTO b\n  SELECT missing FROM orders;",
    });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.failed" });
    expect(outcome.problems[0]?.location).toEqual({ file: "migrations/V2__fail.sql", line: 3, column: 10 });
    expect(outcome.details.after?.tables.map((table) => table.name)).toEqual(["orders"]);
    expect(scene.events.at(-1)).toMatchObject({ type: "migration.failed", data: { version: "2" } });
    await scene.write({ "V2__fail.sql": "CREATE TABLE b (i int);" });
    expect(await scene.migrate()).toMatchObject({ status: "succeeded", reasonCode: "migrate.applied" });
  });

  test("inside a DO block, a verification for example, is found by its line (R194)", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__check.sql":
        "CREATE TABLE a (i int);\n\nDO $$\nBEGIN\n  IF (SELECT count(*) FROM a) = 0 THEN\n    RAISE EXCEPTION 'a is empty';\n  END IF;\nEND $$;",
    });
    const outcome = await scene.migrate();
    expect(outcome.problems[0]).toMatchObject({
      reasonCode: "migrate.failed",
      location: { file: "migrations/V1__check.sql", line: 6 },
    });
    expect(outcome.problems[0]?.message).toContain("a is empty");
    expect(await scene.sql("SELECT to_regclass('a') AS t")).toEqual([{ t: null }]);
  });

  test("in the rows of a COPY is found by the line of the row", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__rows.sql": "CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\nx\n\\.\n" });
    const outcome = await scene.migrate();
    expect(outcome.problems[0]?.location).toEqual({ file: "migrations/V1__rows.sql", line: 4 });
  });

  test("does not put the rows of a table into the message", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql": "CREATE TABLE a (mail text);INSERT INTO a VALUES ('jo@example.org'), ('jo@example.org');",
    });
    await scene.migrate();
    await scene.write({ "V2__unique.sql": "CREATE UNIQUE INDEX CONCURRENTLY u ON a (mail);" });
    const outcome = await scene.migrate();
    expect(outcome.status).toBe("failed");
    expect(JSON.stringify(outcome)).not.toContain("jo@example");
  });

  test("at COMMIT is a failure of the file", async () => {
    const scene = await postgres.scene();
    await scene.write({
      "V1__a.sql":
        "CREATE TABLE a (i int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (1), (1);",
    });
    const outcome = await scene.migrate();
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "migrate.failed" });
    expect(await scene.sql("SELECT * FROM sluice_migrations")).toEqual([]);
  });
});

describe("a journal that cannot be written", () => {
  const full = new Refusal({ reasonCode: "run.journal-unwritable", message: "The disk is full." });

  test("stops after the file that was applied, and the next run goes on", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);", "V2__b.sql": "CREATE TABLE b (i int);" });
    const outcome = await scene.migrate({ record: () => Promise.reject(full) });
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "run.journal-unwritable" });
    expect(outcome.details.migrations.map((m) => m.outcome)).toEqual(["applied", "pending"]);
    expect((await scene.migrate()).details.migrations.map((m) => m.outcome)).toEqual([
      "already-applied",
      "applied",
    ]);
  });

  test("does not hide why a migration failed", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "SELECT 1/0;" });
    const outcome = await scene.migrate({ record: () => Promise.reject(full) });
    expect(outcome.problems.map((problem) => problem.reasonCode)).toEqual([
      "migrate.failed",
      "run.journal-unwritable",
    ]);
  });
});

test("a schema that was changed by hand is told", async () => {
  const scene = await postgres.scene();
  await scene.write({ "V1__orders.sql": orders });
  await scene.migrate();
  expect((await scene.migrate()).problems).toEqual([]);
  await scene.sql("ALTER TABLE orders ADD by_hand int");
  expect((await scene.migrate()).problems).toEqual([
    expect.objectContaining({ reasonCode: "migrate.drift" }),
  ]);
});

test("rows that vanish without a statement that removes them are told afterwards (R174)", async () => {
  const scene = await postgres.scene();
  await scene.write({ "V1__orders.sql": `${orders}INSERT INTO orders (customer) VALUES ('a');` });
  await scene.migrate();
  await scene.sql(
    `CREATE FUNCTION lose() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orders; END $$`,
  );
  await scene.sql("CREATE EVENT TRIGGER lose ON ddl_command_end EXECUTE FUNCTION lose()");
  await scene.write({ "V2__b.sql": "CREATE TABLE b (i int);" });
  const outcome = await scene.migrate();
  expect(outcome.details.validation).toContainEqual({
    name: "rows",
    passed: false,
    message: "Fewer rows than before: orders (1 before, 0 now).",
  });
});
