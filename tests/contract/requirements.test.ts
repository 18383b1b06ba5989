import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, read, root } from "./repository.ts";

interface Row {
  id: string;
  requirement: string;
  state: string;
  code: string[];
  tests: string[];
}

const TOTAL = 484;

function parseRows(page: string): Row[] {
  return page
    .split("\n")
    .filter((line) => /^\| R\d+ \|/.test(line))
    .map((line) => {
      const [, id = "", requirement = "", state = "", code = "", tests = ""] = line
        .split("|")
        .map((cell) => cell.trim());
      const paths = (cell: string) =>
        cell
          .split(/[,\s]+/)
          .map((path) => path.replaceAll("`", ""))
          .filter(Boolean);
      return { id, requirement, state, code: paths(code), tests: paths(tests) };
    });
}

/** Every row that a text names, alone (`R316`) or in a range (`R315–R317`). */
function rowsNamed(text: string): Set<string> {
  const named = new Set([...text.matchAll(/\bR\d{3}\b/g)].map(([id]) => id));
  for (const [, from, to] of text.matchAll(/\bR(\d{3})\s*[–-]\s*R(\d{3})\b/g)) {
    for (let number = Number(from); number <= Number(to); number++) named.add(idOf(number));
  }
  return named;
}

const idOf = (number: number) => `R${String(number).padStart(3, "0")}`;

const rows = parseRows(await read("docs/requirements.md"));
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
  test("reads rows, paths and ranges", () => {
    const line = "| R001 | A text | done | `packages/a/src/a.ts`, packages/b | `tests/a.test.ts` |";
    expect(parseRows(line)).toEqual([
      {
        id: "R001",
        requirement: "A text",
        state: "done",
        code: ["packages/a/src/a.ts", "packages/b"],
        tests: ["tests/a.test.ts"],
      },
    ]);
    expect([...rowsNamed("x (R009, R151–R153)")].sort()).toEqual(["R009", "R151", "R152", "R153"]);
  });
});
