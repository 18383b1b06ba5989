import { loadModule, parseSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { splitStatements } from "./split.ts";

/** The statements that PostgreSQL's own grammar finds. */
function oracle(sql: string): string[] {
  const bytes = Buffer.from(sql);
  const { stmts } = parseSync(sql) as { stmts: { stmt_location?: number; stmt_len?: number }[] };
  return stmts.map(({ stmt_location: start = 0, stmt_len: length }) =>
    withoutComments(bytes.subarray(start, length ? start + length : undefined).toString()),
  );
}

/** The grammar's places include blanks and comments before a statement; ours do not. */
const withoutComments = (sql: string): string =>
  splitStatements(sql)
    .statements.map((s) => s.text)
    .join(";");

const ours = (sql: string): string[] => splitStatements(sql).statements.map((s) => s.text);

/** Pieces that alone are one valid statement, each with something that a naive splitter trips over. */
const tricky: Record<string, string> = {
  "a string": "SELECT 'a;b', 'it''s;', ''",
  "a backslash in a plain string": "SELECT 'c:\\', 1",
  "an escape string": "SELECT E'it\\'s; fine', e'\\\\'",
  "an escape string that goes on in the next line": "SELECT E'a'\n  'b\\';c'",
  "a Unicode string": 'SELECT U&\'d\\0061t;\', U&"d\\0061t;a" FROM (SELECT 1 AS "dat;a") x',
  "a bit string": "SELECT B'01', X'1F', N';'",
  "a quoted identifier": 'SELECT 1 AS "a;""b"',
  "a dollar quote": "DO $$ BEGIN PERFORM 1; PERFORM 2; END $$",
  "nested dollar quotes": "DO $a$ BEGIN EXECUTE $b$ SELECT ';' $b$; END $a$",
  "a dollar tag inside another": "SELECT $a$ $ab$ ; $a$",
  "identifiers with dollars": "SELECT a$b$c FROM (SELECT 1 AS a$b$c) t",
  "an identifier with letters of other scripts": "SELECT 1 AS größe_日本",
  "a character beyond the basic plane": "SELECT '😀;', $😀$;$😀$",
  parameters: "SELECT $1 + $2",
  "a line comment": "SELECT 1 -- a; 'b\n, 2",
  "nested comments": "SELECT /* a /* b; */ c; ' */ 1",
  "a comment that ends an operator": "SELECT 1 +-- ;\n 2",
  "casts and slices": "SELECT (ARRAY[1,2])[1:2]::int[]",
  numbers: "SELECT 1.5e10, .5, 0x1F, 1_000, 1.",
  "a rule with several commands":
    "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b)",
  "an atomic body":
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END; SELECT 4; END",
  "an atomic procedure":
    "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END",
  "an empty atomic body": "CREATE PROCEDURE p() BEGIN ATOMIC END",
  "a function with a string body": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'",
  "a transaction": "BEGIN",
  "a case outside a body": "SELECT CASE WHEN true THEN 1 END",
  "operators made of odd characters": "SELECT 1 @> 2, 3 #- 4, 5 ?| 6",
};

beforeAll(async () => loadModule());

describe("the splitter agrees with PostgreSQL's own grammar", () => {
  test.each(Object.entries(tricky))("on %s", (_name, sql) => {
    expect(oracle(sql)).toHaveLength(1);
    expect(ours(sql)).toEqual([sql]);
  });

  test("on every pair of tricky statements, with blanks and comments between", () => {
    const pieces = Object.values(tricky);
    const between = [";", ";\n", " ; -- end;\n", ";\r\n/* ; */ ", ";;\n\n"];
    for (const [i, first] of pieces.entries()) {
      for (const [k, second] of pieces.entries()) {
        const sql = `${first}${between[(i + k) % between.length]}${second};`;
        expect(ours(sql)).toEqual(oracle(sql));
        expect(ours(sql)).toHaveLength(2);
      }
    }
  });

  test("on random rows of tricky statements", () => {
    let seed = 42;
    const random = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * n);
    };
    const pieces = Object.values(tricky);
    for (let round = 0; round < 200; round++) {
      const chosen = Array.from({ length: 1 + random(8) }, () => pieces[random(pieces.length)]!);
      const sql = chosen.map((piece) => `${piece}${[";", "\n;\n", ";/*;*/"][random(3)]}`).join("");
      expect(ours(sql)).toEqual(oracle(sql));
      expect(ours(sql)).toEqual(chosen);
    }
  });
});

describe("what the grammar does not know and psql does", () => {
  test("a byte order mark and Windows line endings", () => {
    const { statements } = splitStatements("\ufeffSELECT 1;\r\n\r\n  SELECT\r\n 2;\r\n");
    expect(statements.map(({ text, line, column }) => ({ text, line, column }))).toEqual([
      { text: "SELECT 1", line: 1, column: 2 },
      { text: "SELECT\r\n 2", line: 3, column: 3 },
    ]);
  });

  test("a string that goes on in the next line after a comment, as the server reads it", () => {
    // The packaged grammar handles comments differently; packages/database asks the server itself.
    const sql = "SELECT E'a' -- why;\n'\\';'";
    expect(ours(sql)).toEqual([sql]);
    expect(ours("SELECT E'a' /* b */\n'\\'; SELECT 1")).toEqual(["SELECT E'a' /* b */\n'\\'", "SELECT 1"]);
  });

  test("rows after COPY FROM stdin belong to it", () => {
    const { statements, problems } = splitStatements(
      "COPY t (a, b) FROM stdin;\n1\ta;b\n2\t'it\\n\n\\.\n\nSELECT 2;\n",
    );
    expect(problems).toEqual([]);
    expect(statements.map((s) => s.text)).toEqual(["COPY t (a, b) FROM stdin", "SELECT 2"]);
    expect(statements[0]?.copyData).toBe("1\ta;b\n2\t'it\\n\n");
  });

  test("COPY data may be empty, end with the file, and have Windows line endings", () => {
    expect(splitStatements("COPY t FROM stdin;\n\\.\nSELECT 1").statements[0]?.copyData).toBe("");
    expect(splitStatements("COPY t FROM STDIN;\n1\n2").statements[0]?.copyData).toBe("1\n2");
    expect(splitStatements("COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1").statements).toHaveLength(2);
    expect(splitStatements("COPY t FROM '/tmp/x'; SELECT 1").statements[0]?.copyData).toBeUndefined();
  });

  test("\\restrict of pg_dump is skipped, other commands of psql are refused with their place", () => {
    const { statements, problems } = splitStatements("\\restrict abc\nSELECT 1;\n  \\i other.sql\nSELECT 2;");
    expect(statements.map((s) => s.text)).toEqual(["SELECT 1", "SELECT 2"]);
    expect(problems).toEqual([expect.objectContaining({ line: 3, column: 3 })]);
    expect(problems[0]?.message).toContain("\\i");
  });

  test.each([
    ["string", "SELECT 1;\nSELECT 'a"],
    ["quoted identifier", 'SELECT 1;\nSELECT "a'],
    ["dollar-quoted string", "SELECT 1;\nSELECT $x$ a"],
    ["comment", "SELECT 1;\nSELECT /* a /* b */"],
  ])("a %s without an end is a problem with its place", (what, sql) => {
    const { problems } = splitStatements(sql);
    expect(problems).toEqual([expect.objectContaining({ line: 2, column: 8 })]);
    expect(problems[0]?.message).toContain(what);
  });

  test("nothing but blanks and comments is no statement", () => {
    expect(splitStatements(" -- a\n;; /* b */ ;").statements).toEqual([]);
  });
});
