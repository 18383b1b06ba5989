import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isFresh, recordName, recordOf } from "./built-from.ts";

let root: string;
let out: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-built-from-"));
  out = join(root, "dist");
  write("packages/judge/src/judge.ts", "export {};\n");
  write("actions/deploy/main.ts", "export {};\n");
  write("package-lock.json", "{}\n");
  write("dist/cli/index.js", "run();\n");
  writeFileSync(join(out, recordName), recordOf(root, out));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a build can be left out", () => {
  test("when nothing has changed, and when only tests and texts have", () => {
    expect(isFresh(root, out)).toBe(true);
    write("packages/judge/src/judge.test.ts", "changed\n");
    write("packages/judge/README.md", "changed\n");
    expect(isFresh(root, out)).toBe(true);
  });

  test.each([
    "packages/judge/src/judge.ts",
    "packages/judge/src/new.ts",
    "actions/deploy/main.ts",
    "package-lock.json",
    "dist/cli/index.js",
    "dist/new.js",
  ])("but not when %s has", (path) => {
    write(path, "changed\n");
    expect(isFresh(root, out)).toBe(false);
  });

  test("nor when nobody knows what it was built from", () => {
    rmSync(join(out, recordName));
    expect(isFresh(root, out)).toBe(false);
  });
});
