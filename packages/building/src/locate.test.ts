import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findLocation } from "./locate.ts";

const root = mkdtempSync(join(tmpdir(), "locate-"));
const cwd = join(root, "services/orders");
mkdirSync(join(cwd, "src"), { recursive: true });
mkdirSync(join(root, "node_modules/pg"), { recursive: true });
for (const file of [
  "services/orders/src/a b.ts",
  "services/orders/src/a.ts",
  "tool.py",
  "node_modules/pg/index.js",
])
  writeFileSync(join(root, file), "");
afterAll(() => rmSync(root, { recursive: true, force: true }));

const at = (line: number, column?: number, file = "services/orders/src/a.ts") => ({
  file,
  line,
  ...(column && { column }),
});

test.each([
  ["a stack", `Error: no\n    at f (${cwd}/src/a.ts:12:5)`, at(12, 5)],
  ["a stack of a module", `    at file://${cwd}/src/a.ts:12:5`, at(12, 5)],
  ["a compiler", "src/a.ts(3,7): error TS2322: no", at(3, 7)],
  ["a linter with colours", "\u001b[31msrc/a.ts:1:7\u001b[0m lint/style", at(1, 7)],
  ["a line without column", "FAILED src/a.ts:9", at(9)],
  ["a path from the root of the project", "services/orders/src/a.ts:4:2: warning", at(4, 2)],
  [
    "a place in node_modules before the own one",
    `at ${root}/node_modules/pg/index.js:1:1\n at src/a.ts:2:3`,
    at(2, 3),
  ],
  ["a file that does not exist before one that does", "src/nothing.ts:1:1 src/a.ts:2:3", at(2, 3)],
  ["a file elsewhere in the project", "../../tool.py:7", at(7, undefined, "tool.py")],
])("%s names file and line", (_what, output, location) => {
  expect(findLocation(output, root, cwd)).toEqual(location);
});

test.each([
  ["a clock", "12:30:45 done in 3:20"],
  ["an address", "listening on http://127.0.0.1:8080"],
  ["a file outside of the project", "/etc/hosts.conf:1:1 ../../../x.ts:3"],
])("%s is no place", (_what, output) => {
  expect(findLocation(output, root, cwd)).toBeUndefined();
});

test("a very long line is read in reasonable time", () => {
  expect(findLocation("a.".repeat(50_000), root, cwd)).toBeUndefined();
});
