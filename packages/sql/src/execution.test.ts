import { describe, expect, test } from "vitest";
import { readScript } from "./execution.ts";

describe("how a file is run", () => {
  test("plain statements are one transaction", () => {
    const script = readScript("CREATE TABLE a (i int); INSERT INTO a VALUES (1);");
    expect(script).toMatchObject({ isTransactional: true, begin: null, problems: [] });
    expect(script.statements).toHaveLength(2);
  });

  test("BEGIN … COMMIT around everything is that transaction, with its options (R200)", () => {
    const script = readScript(
      "-- why\nBEGIN ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a (i int);\nCOMMIT;\n",
    );
    expect(script).toMatchObject({
      isTransactional: true,
      begin: "BEGIN ISOLATION LEVEL SERIALIZABLE",
      problems: [],
    });
    expect(script.statements.map((s) => s.text)).toEqual(["CREATE TABLE a (i int)"]);
  });

  test("a statement that cannot be in a transaction makes the file a row of statements", () => {
    const script = readScript("ALTER TABLE a ADD b int; CREATE INDEX CONCURRENTLY i ON a (b);");
    expect(script).toMatchObject({ isTransactional: false, problems: [] });
  });

  test("CREATE INDEX CONCURRENTLY between BEGIN and COMMIT is refused with the remedy (C22)", () => {
    const script = readScript(
      "BEGIN;\nALTER TABLE a ADD b int;\n  CREATE INDEX CONCURRENTLY i ON a (b);\nCOMMIT;",
    );
    expect(script.problems).toEqual([
      expect.objectContaining({ line: 3, column: 3, reasonCode: "migrate.invalid-transaction" }),
    ]);
    expect(script.problems[0]?.remedy).toContain("indisvalid");
  });

  test.each([
    ["BEGIN; SELECT 1;", 1],
    ["SELECT 1;\nCOMMIT;", 2],
    ["BEGIN; SELECT 1; COMMIT;\nBEGIN; SELECT 2; COMMIT;", 1],
    ["SELECT 1;\nROLLBACK;", 2],
    ["VACUUM;\nSAVEPOINT a;", 2],
    ["BEGIN; SELECT 1;\nCOMMIT AND CHAIN;", 2],
  ])("%s is refused", (sql, line) => {
    expect(readScript(sql).problems[0]).toMatchObject({ line, reasonCode: "migrate.invalid-transaction" });
  });

  test("a savepoint inside the transaction is fine", () => {
    expect(readScript("SAVEPOINT a; SELECT 1; RELEASE a;").problems).toEqual([]);
  });
});
