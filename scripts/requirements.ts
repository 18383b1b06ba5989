/**
 * Brings docs/requirements.md up to date: a test belongs to a row when it names it, and the counts at its head follow
 * the rows. A row that is named for the first time becomes `partial`; whether it is `done` is for a person to say.
 *
 *     node scripts/requirements.ts
 */
import { glob, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { replaceSection } from "./docs/sections.ts";
import { countsTable, formatRow, parseRow, rowsNamed } from "./requirements/page.ts";

const root = resolve(import.meta.dirname, "..");
const path = join(root, "docs/requirements.md");
/** Names rows to test the reader of the table, and covers none. */
const exempt = "tests/contract/requirements.test.ts";

const testsOf = new Map<string, Set<string>>();
for await (const file of glob("{packages,actions,scripts,tests}/**/*.test.ts", {
  cwd: root,
  exclude: (name) => name === "node_modules",
})) {
  if (file === exempt) continue;
  for (const id of rowsNamed(await readFile(join(root, file), "utf8"))) {
    testsOf.set(id, (testsOf.get(id) ?? new Set()).add(file));
  }
}

const page = (await readFile(path, "utf8")).split("\n").map(update).join("\n");
await writeFile(path, replaceSection(page, "counts", countsTable(page)));

function update(line: string): string {
  const row = parseRow(line);
  if (row === null) return line;
  const tests = [...(testsOf.get(row.id) ?? [])].sort();
  const state = row.state === "not yet" && tests.length > 0 ? "partial" : row.state;
  if (state === "partial" && row.note === "")
    console.log(`${row.id} is partial: say in its note what is missing.`);
  return formatRow({ ...row, state, tests });
}
