/**
 * How long each program needs to start and to answer that an input is missing, beside bare Node.
 *
 *     npm run bench:start [-- --runs 15]
 */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { findPrograms } from "../programs.ts";

const root = resolve(import.meta.dirname, "../..");
const { values } = parseArgs({ options: { runs: { type: "string", default: "11" } } });
const runs = Number(values.runs);
const environment = { PATH: process.env.PATH };

const rows = [{ name: "node (empty program)", args: ["--eval", "0"] }];
for (const { name, probe } of await findPrograms(root))
  rows.push({ name: `dist/${name}`, args: [join(root, "dist", name, "index.js"), ...probe.args] });

console.log(`Node ${process.version}, ${runs} runs each, seconds of wall time\n`);
console.log(`${"program".padEnd(26)}${"min".padStart(8)}${"median".padStart(8)}${"max".padStart(8)}`);
for (const { name, args } of rows) {
  const seconds = Array.from({ length: runs + 1 }, () => time(args))
    .slice(1)
    .sort((a, b) => a - b);
  const cells = [seconds[0]!, seconds[Math.floor(runs / 2)]!, seconds.at(-1)!];
  console.log(`${name.padEnd(26)}${cells.map((value) => value.toFixed(3).padStart(8)).join("")}`);
}

function time(args: string[]): number {
  const start = process.hrtime.bigint();
  spawnSync(process.execPath, args, { env: environment, stdio: "ignore" });
  return Number(process.hrtime.bigint() - start) / 1e9;
}
