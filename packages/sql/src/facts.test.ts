import { describe, expect, test } from "vitest";
import { factsOf } from "./facts.ts";
import { tokensOf } from "./lexer.ts";

const facts = (sql: string) => factsOf(tokensOf(sql));

describe("a statement that cannot be in a transaction is found (R193)", () => {
  test.each([
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "create unique index concurrently if not exists i on t (a)",
    "CREATE /* later */ INDEX -- now\n CONCURRENTLY ON t (a)",
    "DROP INDEX CONCURRENTLY IF EXISTS i",
    "REINDEX TABLE CONCURRENTLY t",
    "REINDEX (VERBOSE, CONCURRENTLY) INDEX i",
    "REINDEX (CONCURRENTLY TRUE) INDEX i",
    "REINDEX DATABASE shop",
    "VACUUM",
    "VACUUM (FULL, ANALYZE) t",
    "CLUSTER",
    "CLUSTER (VERBOSE)",
    "ALTER SYSTEM SET work_mem = '8MB'",
    "CREATE DATABASE x",
    "DROP DATABASE x",
    "ALTER DATABASE x SET TABLESPACE fast",
    "CREATE TABLESPACE s LOCATION '/x'",
    "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
    "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
    "DISCARD ALL",
    "DO $$ BEGIN FOR i IN 1..3 LOOP DELETE FROM t WHERE a = i; COMMIT; END LOOP; END $$",
  ])("%s", (sql) => expect(facts(sql).nonTransactional).not.toBeNull());

  test.each([
    "CREATE INDEX i ON t (a)",
    'CREATE INDEX "CONCURRENTLY" ON t (a)',
    "SELECT 'CREATE INDEX CONCURRENTLY i ON t (a)'",
    "DROP INDEX i",
    "REINDEX TABLE t",
    "REINDEX (CONCURRENTLY FALSE) INDEX i",
    'REINDEX TABLE "database"',
    "CLUSTER t USING i",
    "ALTER DATABASE x SET search_path TO a",
    "ALTER TABLE t DETACH PARTITION p",
    "ALTER TYPE mood ADD VALUE 'ok'",
    "DO $$ BEGIN RAISE NOTICE 'COMMIT;'; END $$",
    "CREATE TABLE vacuum_log (a int)",
    "ANALYZE t",
  ])("not: %s", (sql) => expect(facts(sql).nonTransactional).toBeNull());
});

test.each([
  ["BEGIN", "begin"],
  ["begin isolation level serializable", "begin"],
  ["START TRANSACTION", "begin"],
  ["COMMIT WORK", "commit"],
  ["END", "commit"],
  ["ROLLBACK", "rollback"],
  ["ABORT", "rollback"],
  ["ROLLBACK TO SAVEPOINT a", "savepoint"],
  ["ROLLBACK WORK TO a", "savepoint"],
  ["SAVEPOINT a", "savepoint"],
  ["RELEASE a", "savepoint"],
  ["PREPARE TRANSACTION 'x'", "prepare"],
  ["COMMIT PREPARED 'x'", "commit-prepared"],
  ["ROLLBACK PREPARED 'x'", "rollback-prepared"],
  ["PREPARE x AS SELECT 1", null],
  ["COMMENT ON TABLE t IS 'BEGIN'", null],
])("%s controls a transaction: %s", (sql, control) => {
  expect(facts(sql).transaction).toBe(control);
});

test("a concurrent index is known by name and table", () => {
  expect(
    facts('CREATE INDEX CONCURRENTLY IF NOT EXISTS Idx ON ONLY shop."Orders" (a)').concurrentIndex,
  ).toEqual({
    action: "create",
    name: "idx",
    table: "shop.Orders",
    isConditional: true,
  });
  expect(facts("CREATE INDEX CONCURRENTLY ON t (a)").concurrentIndex?.name).toBeNull();
  expect(facts("DROP INDEX CONCURRENTLY a.b").concurrentIndex).toMatchObject({ action: "drop", name: "a.b" });
  expect(facts("REINDEX INDEX CONCURRENTLY b").concurrentIndex).toMatchObject({
    action: "reindex",
    name: "b",
  });
});
