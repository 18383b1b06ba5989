/**
 * Brings the column of tests in docs/requirements.md up to date: a test belongs to a row when it names it.
 * A row that is named for the first time becomes `partial`; whether it is `done` is for a person to say.
 *
 *     node scripts/requirements.ts
 */
import { glob, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const page = join(root, "docs/requirements.md");
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

const lines = (await readFile(page, "utf8")).split("\n");
await writeFile(page, lines.map(update).join("\n"));

function update(line: string): string {
  const [, id, text, state, code] = /^\| (R\d{3}) +\| (.*?) +\| (.*?) *\| (.*?) *\| .*\|$/.exec(line) ?? [];
  if (id === undefined) return line;
  const tests = [...(testsOf.get(id) ?? [])].sort();
  const now = state === "not yet" && tests.length > 0 ? "partial" : state;
  const cells = [id, text, now, code, tests.map((file) => `\`${file}\``).join(", ")];
  return `|${cells.map((cell) => (cell ? ` ${cell} ` : " ")).join("|")}|`;
}

/** Every row that a text names, alone (`R316`) or in a range (`R315–R317`). */
function rowsNamed(text: string): Set<string> {
  const named = new Set([...text.matchAll(/\bR\d{3}\b/g)].map(([id]) => id));
  for (const [, from, to] of text.matchAll(/\bR(\d{3})\s*[–-]\s*R(\d{3})\b/g)) {
    for (let number = Number(from); number <= Number(to); number++)
      named.add(`R${String(number).padStart(3, "0")}`);
  }
  return named;
}
