/**
 * Writes the parts of the documentation that follow from the code: tables of inputs and outputs, the list of
 * actions, the reference of reason codes and of reusable workflows.
 *
 *     node scripts/docs.ts            writes them
 *     node scripts/docs.ts --check    names the pages that are out of date, and exits with 1 when there are any
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { renderPages } from "./docs/pages.ts";

const root = resolve(import.meta.dirname, "..");
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

const stale: string[] = [];
for (const { path, content } of await renderPages(root)) {
  const file = join(root, path);
  const present = await readFile(file, "utf8").catch(() => "");
  if (present === content) continue;
  stale.push(path);
  if (!values.check) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
if (values.check && stale.length > 0) {
  console.error(`Out of date: ${stale.join(", ")}. Run \`npm run docs\`.`);
  process.exitCode = 1;
} else {
  console.log(stale.length === 0 ? "The documentation is up to date." : `Written: ${stale.join(", ")}.`);
}
