import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readScript } from "../execution.ts";
import { lint, phaseOf } from "./lint.ts";

const found = (sql: string): string[] => lint(sql).map((finding) => finding.rule);

test("the example of the documents is caught: both of its mistakes (C22, R193, R194)", () => {
  const sql = readFileSync(new URL("../../fixtures/documents-example.sql", import.meta.url), "utf8");
  expect(lint(sql)).toEqual([
    expect.objectContaining({ rule: "non-transactional-in-transaction", severity: "error", line: 6 }),
    expect.objectContaining({ rule: "index-concurrent-if-not-exists", line: 6 }),
    expect.objectContaining({ rule: "index-check-ignores-validity", line: 9 }),
  ]);
});

describe("a rule reports", () => {
  test.each([
    ["index-not-concurrent", "CREATE INDEX i ON t (a)"],
    ["index-not-concurrent", "CREATE UNIQUE INDEX IF NOT EXISTS i ON ONLY t (a)"],
    ["index-drop-not-concurrent", "DROP INDEX i"],
    ["index-concurrent-if-not-exists", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)"],
    ["index-check-ignores-validity", "SELECT 1 FROM pg_indexes WHERE indexname = 'i'"],
    ["drop-column", "ALTER TABLE t DROP COLUMN a"],
    ["drop-column", "ALTER TABLE IF EXISTS ONLY t ADD b int, DROP a CASCADE"],
    ["drop-table", "DROP TABLE IF EXISTS t"],
    ["drop-table", "DROP MATERIALIZED VIEW v"],
    ["rename", "ALTER TABLE t RENAME COLUMN a TO b"],
    ["rename", "ALTER TABLE t RENAME a TO b"],
    ["rename", "ALTER TABLE t RENAME TO u"],
    ["not-null-without-default", "ALTER TABLE t ADD COLUMN a int NOT NULL"],
    ["set-not-null", "ALTER TABLE t ALTER a SET NOT NULL"],
    ["change-column-type", "ALTER TABLE t ALTER COLUMN a TYPE bigint"],
    ["change-column-type", "ALTER TABLE t ALTER a SET DATA TYPE bigint USING a::bigint"],
    ["constraint-not-valid-missing", "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)"],
    ["constraint-not-valid-missing", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (a)"],
    ["constraint-builds-index", "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)"],
    ["constraint-builds-index", "ALTER TABLE t ADD PRIMARY KEY (a)"],
    ["every-row", "UPDATE t SET a = 1"],
    ["every-row", "DELETE FROM t"],
    ["truncate", "TRUNCATE t"],
  ])("%s on %s", (rule, sql) => expect(found(sql)).toEqual([rule]));
});

describe("no rule reports", () => {
  test.each([
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "CREATE TABLE t (a int NOT NULL); CREATE INDEX i ON t (a); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
    "CREATE UNLOGGED TABLE IF NOT EXISTS t (a int); ALTER TABLE t ALTER a SET NOT NULL",
    "DROP INDEX CONCURRENTLY i",
    "ALTER TABLE t ADD COLUMN a int",
    "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0",
    "ALTER TABLE t ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY NOT NULL",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
    "ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
    "ALTER TABLE t DROP CONSTRAINT c",
    "UPDATE t SET a = 1 WHERE a IS NULL",
    "SELECT indisvalid FROM pg_index JOIN pg_indexes ON true",
    "COMMENT ON TABLE t IS 'DROP TABLE t'",
  ])("on %s", (sql) => expect(found(sql)).toEqual([]));
});

test("a comment with a reason silences one rule for one statement", () => {
  const sql = "-- sluice:allow truncate a cache, filled again at start\nTRUNCATE t;\nTRUNCATE t;";
  expect(lint(sql).map((f) => f.line)).toEqual([3]);
  expect(found("-- sluice:allow truncate\nTRUNCATE t;")).toEqual(["truncate"]);
});

test("every finding says why and what to do instead, at its statement", () => {
  const [finding] = lint("SELECT 1;\n  CREATE INDEX i ON orders (a);");
  expect(finding).toMatchObject({ line: 2, column: 3, severity: "warning" });
  expect(finding?.why).toContain("orders");
  expect(finding?.safeWay).toContain("CREATE INDEX CONCURRENTLY i ON orders (a);");
});

test.each([
  ["expand", "CREATE TABLE t (a int); ALTER TABLE t ALTER a SET NOT NULL;"],
  ["expand", "ALTER TABLE t ADD a int; CREATE INDEX CONCURRENTLY i ON t (a);"],
  ["expand", "INSERT INTO t VALUES (1)"],
  ["contract", "ALTER TABLE t DROP a"],
  ["contract", "ALTER TABLE t RENAME a TO b"],
  ["contract", "ALTER TABLE t ADD a int NOT NULL"],
  ["contract", "-- sluice:allow drop-table not used since 2.0\nDROP TABLE t"],
])("the phase is %s for %s (R181)", (phase, sql) => {
  expect(phaseOf(readScript(sql))).toBe(phase);
});
