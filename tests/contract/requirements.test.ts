import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  countsTable,
  formatRow,
  idOf,
  parseRow,
  parseRows,
  rowsNamed,
} from "../../scripts/requirements/page.ts";
import { filesBelow, read, root } from "./repository.ts";

const TOTAL = 484;

const page = await read("docs/requirements.md");
const rows = parseRows(page);
const testFiles = await filesBelow(
  ".",
  (path) => path.endsWith(".test.ts") && path !== "tests/contract/requirements.test.ts",
);
const namedIn = new Map(
  await Promise.all(testFiles.map(async (path) => [path, rowsNamed(await read(path))] as const)),
);

describe("docs/requirements.md", () => {
  test("has every row once, in order", () => {
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: TOTAL }, (_, index) => idOf(index + 1)));
  });

  test("has a text and a known state in every row", () => {
    const odd = rows.filter(
      ({ requirement, state }) => !requirement || !/^(done|partial|not yet|declined \(.+\))$/.test(state),
    );
    expect(odd).toEqual([]);
  });

  test("names only files that are there", () => {
    const missing = rows.flatMap(({ id, code, tests }) =>
      [...code, ...tests].filter((path) => !existsSync(join(root, path))).map((path) => `${id} ${path}`),
    );
    expect(missing).toEqual([]);
  });

  test("shows code and a test for what is done, and something for what is partly done", () => {
    const bare = rows.filter(
      ({ state, code, tests }) =>
        (state === "done" && (code.length === 0 || tests.length === 0)) ||
        (state === "partial" && code.length + tests.length === 0),
    );
    expect(bare.map(({ id, state }) => `${id} ${state}`)).toEqual([]);
  });

  test("says what is missing where something is", () => {
    const silent = rows.filter(({ state, note }) => state === "partial" && !note);
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  test("counts its rows at its head", () => {
    expect(page).toContain(countsTable(page));
  });

  test("claims nothing for what is not there yet", () => {
    const odd = rows.filter(
      ({ state, code, tests }) => state === "not yet" && code.length + tests.length > 0,
    );
    expect(odd.map(({ id }) => id)).toEqual([]);
  });

  test("names tests that name the row", () => {
    const silent = rows.flatMap(({ id, tests }) =>
      tests.filter((path) => namedIn.has(path) && !namedIn.get(path)!.has(id)).map((path) => `${id} ${path}`),
    );
    const noTests = rows.flatMap(({ id, tests }) =>
      tests.filter((path) => !namedIn.has(path)).map((path) => `${id} ${path}`),
    );
    expect({ silent, noTests }).toEqual({ silent: [], noTests: [] });
  });

  test("mentions every row that a test names", () => {
    const known = new Set(rows.filter(({ state }) => state !== "not yet").map(({ id }) => id));
    const forgotten = [...namedIn].flatMap(([path, ids]) =>
      [...ids].filter((id) => !known.has(id)).map((id) => `${id} ${path}`),
    );
    expect(forgotten).toEqual([]);
  });
});

describe("the reader of the table", () => {
  const line = "| R001 | A text | done | `packages/a/src/a.ts`, `packages/b` | `tests/a.test.ts` | A note |";

  test("reads rows, paths and ranges, and writes a row as it was", () => {
    const row = parseRow(line, "A");
    expect(row).toEqual({
      id: "R001",
      section: "A",
      requirement: "A text",
      state: "done",
      code: ["packages/a/src/a.ts", "packages/b"],
      tests: ["tests/a.test.ts"],
      note: "A note",
    });
    expect(formatRow(row!)).toBe(line);
    expect([...rowsNamed("x (R009, R151–R153)")].sort()).toEqual(["R009", "R151", "R152", "R153"]);
  });

  test("counts by section and state", () => {
    const text = `## A. One\n\n${line}\n${line.replace("done", "declined (why)")}\n`;
    expect(parseRows(text).map(({ section }) => section)).toEqual(["A", "A"]);
    expect(countsTable(text)).toMatch(/\| A\. One +\| 1 +\| 0 +\| 0 +\| 1 +\| 2 +\|/);
  });
});
