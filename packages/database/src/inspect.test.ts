import { describe, expect, test } from "vitest";
import { ping, plan, status, summarize } from "./inspect.ts";
import { useServer } from "./testing/scene.ts";
import { passwordOf, safeUrl } from "./url.ts";

const postgres = useServer();

test("ping says that the database answers, and which it is (R319)", async () => {
  const scene = await postgres.scene();
  expect(await ping(scene.url)).toEqual({
    database: safeUrl(scene.url),
    serverVersion: expect.stringMatching(/^18\./),
    connections: { used: expect.any(Number), limit: 60 },
    isReadOnly: false,
  });
  await expect(ping("postgresql://u:s3cret@127.0.0.1:1/d")).rejects.toMatchObject({
    reasonCode: "migrate.unreachable",
    message: expect.not.stringContaining("s3cret"),
  });
});

test("plan lists the pending files with statements, phase and findings, and changes nothing", async () => {
  const scene = await postgres.scene();
  await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
  await scene.migrate();
  await scene.write({
    "V2__index.sql": "SELECT 1;\n  CREATE INDEX CONCURRENTLY i ON a (i);",
    "V3__drop.sql": "ALTER TABLE a DROP i;",
  });
  const planned = await plan(scene);
  expect(planned.problems).toEqual([]);
  expect(
    planned.migrations.map(({ version, phase, findings }) => [version, phase, findings.map((f) => f.rule)]),
  ).toEqual([
    ["2", "expand", []],
    ["3", "contract", ["drop-column"]],
  ]);
  expect(planned.migrations[0]?.plan).toEqual([
    { line: 1, column: 1, text: "SELECT 1", standsAlone: false },
    { line: 2, column: 3, text: "CREATE INDEX CONCURRENTLY i ON a (i)", standsAlone: true },
  ]);
  expect(await plan(scene)).toEqual(planned);
});

describe("status", () => {
  test("says where the database stands", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int); INSERT INTO a VALUES (1);" });
    expect(await status(scene)).toMatchObject({
      schema: { version: null, applied: 0 },
      migrations: [{ version: "1", outcome: "pending" }],
      problems: [],
      holder: null,
    });
    await scene.migrate();
    expect(await status(scene)).toMatchObject({
      schema: { version: "1", applied: 1, tables: [{ name: "a", rows: 1, columns: 1 }] },
      migrations: [{ version: "1", outcome: "already-applied" }],
    });
  });

  test("tells of a changed file and of a schema that was changed by hand", async () => {
    const scene = await postgres.scene();
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i int);" });
    await scene.migrate();
    await scene.sql("CREATE INDEX by_hand ON a (i)");
    await scene.write({ "V1__a.sql": "CREATE TABLE a (i bigint);" });
    const { problems } = await status(scene);
    expect(problems.map((problem) => problem.reasonCode)).toEqual(["migrate.changed-file", "migrate.drift"]);
  });
});

describe("the fingerprint of a schema", () => {
  test("is the same for the same schema made in another way, and has no rows in it", async () => {
    const [one, two] = [await postgres.scene(), await postgres.scene()];
    await one.sql("CREATE TABLE a (i int, b text NOT NULL); CREATE VIEW v AS SELECT i FROM a");
    await two.sql("CREATE TABLE a (i int); ALTER TABLE a ADD b text; ALTER TABLE a ALTER b SET NOT NULL");
    await two.sql(
      "SET search_path = ''; CREATE VIEW public.v AS SELECT i FROM public.a; INSERT INTO public.a VALUES (1, 'x')",
    );
    expect((await summarize(one.url)).fingerprint).toBe((await summarize(two.url)).fingerprint);
  });

  test.each([
    "ALTER TABLE a ADD c int",
    "ALTER TABLE a ALTER i TYPE bigint",
    "ALTER TABLE a ALTER i SET DEFAULT 1",
    "ALTER TABLE a ALTER i SET NOT NULL",
    "ALTER TABLE a ADD CHECK (i > 0)",
    "CREATE INDEX ON a (i)",
    "CREATE VIEW v AS SELECT 1 AS one",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE mood AS ENUM ('good')",
    "CREATE SEQUENCE s",
  ])("changes with %s", async (change) => {
    const scene = await postgres.scene();
    await scene.sql("CREATE TABLE a (i int)");
    const before = await summarize(scene.url);
    await scene.sql(change);
    expect((await summarize(scene.url)).fingerprint).not.toBe(before.fingerprint);
  });
});

test("a table that somebody holds is estimated instead of waited for", async () => {
  const scene = await postgres.scene();
  await scene.sql("CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 10); ANALYZE a");
  const other = await scene.connect();
  await other.query("BEGIN; LOCK TABLE a");
  expect((await summarize(scene.url)).tables).toEqual([
    { name: "a", columns: 1, rows: 10, isEstimate: true },
  ]);
  await other.query("COMMIT");
});

test.each([
  [
    "postgresql://u:p%40ss@db.example.org:6543/shop?sslmode=require&password=x",
    "postgresql://db.example.org:6543/shop",
    "p@ss",
  ],
  ["postgres://db/shop", "postgresql://db:5432/shop", null],
  ["postgresql://u@[::1]:5/d", "postgresql://[::1]:5/d", null],
  ["postgresql://h/d?password=query", "postgresql://h:5432/d", "query"],
])("of %s only %s is shown", (url, shown, password) => {
  expect(safeUrl(url)).toBe(shown);
  expect(passwordOf(url)).toBe(password);
});
