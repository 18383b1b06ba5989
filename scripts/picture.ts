/**
 * Draws the pictures of the README from the journal of the last demonstration: the good canary and the bad one.
 *
 *     npm run demo && node scripts/picture.ts
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { runs } from "../packages/journal/src/index.ts";
import { toSvg } from "../packages/report/src/index.ts";

const root = resolve(import.meta.dirname, "..");
const journal = await readFile(join(root, "out/demo/state/demo/journal.jsonl"), "utf8");
const events = journal
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line));

const folder = join(root, "docs", "images");
await mkdir(folder, { recursive: true });
for (const [version, name] of [
  ["2.0.0", "canary.svg"],
  ["3.0.0", "rollback.svg"],
] as const) {
  const rollout = runs(events)
    .flatMap((run) => run.rollouts)
    .find((each) => each.to === version && each.service === "orders");
  const picture = rollout && toSvg(rollout);
  if (!picture)
    throw new Error(`The journal has no rollout of orders ${version}. Run \`npm run demo\` first.`);
  await writeFile(join(folder, name), picture);
  console.log(`docs/images/${name}`);
}
