/** What `dist/` was built from, so that a build that would change nothing can be left out. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Lies in `dist/` and says what it was built from. */
export const recordName = "built-from.json";

/** Everything that a bundle can depend on, and a little more: what is too much only costs a build. */
const sources = [
  "packages/*/package.json",
  "packages/*/src/**/*",
  "actions/**/*",
  "scripts/build.ts",
  "scripts/built-from.ts",
  "scripts/programs.ts",
  "package-lock.json",
  "tsconfig.json",
];
const isTest = (path: string) => /\.test\.ts$|\/(fixtures|testing|node_modules)\/|\.md$/.test(path);

/** The record for a folder with bundles, as it is now: digests (SHA-256) of the sources and of the bundles. */
export function recordOf(root: string, out: string): string {
  const record = {
    sources: digestOf(root, sources, (path) => !isTest(path) && !path.startsWith("packages/testing/")),
    bundles: digestOf(out, ["**/*"], (path) => path !== recordName),
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Whether a folder holds what a build would write to it. */
export function isFresh(root: string, out: string): boolean {
  const record = join(out, recordName);
  return existsSync(record) && readFileSync(record, "utf8") === recordOf(root, out);
}

function digestOf(folder: string, patterns: readonly string[], isMeant: (path: string) => boolean): string {
  const files = globSync(patterns, { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter(isMeant)
    .sort();
  const digest = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(join(folder, file));
    digest.update(`${file}\0${content.length}\0`).update(content);
  }
  return digest.digest("hex");
}
