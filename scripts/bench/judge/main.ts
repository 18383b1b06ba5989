/**
 * How well the judge decides: simulated rollouts of 35 minutes (5 % for 10, 25 % for 10, 50 % for 15), read every ten
 * seconds, judged by Sluice and by the rules of other tools on the same counters. Ends with status 1 when a claim is not met.
 *
 *     npm run bench:judge [-- --quick] [--json FILE] [--threads 2]
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { cells } from "./cells.ts";
import { type Claim, simulatedClaims } from "./claims.ts";
import { costClaims } from "./cost.ts";
import { goldenClaims } from "./goldens.ts";
import { seed } from "./outcome.ts";
import { simulateCells } from "./pool.ts";
import { claimTable, tablesOf } from "./tables.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    threads: { type: "string", default: String(Math.min(8, availableParallelism())) },
  },
});
const isQuick = values.quick;
const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 1000);

const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1e6);
};

const goldens = goldenClaims();
const cost = costClaims(isQuick ? 6 : 20);

let shown = 0;
const results = await simulateCells(
  cells,
  ({ runs }) => (isQuick ? runs.quick : runs.full),
  Number(values.threads),
  (done, all) => {
    const isDue = process.stderr.isTTY ? 200 : 10_000;
    if (performance.now() - shown < isDue && done < all) return;
    shown = performance.now();
    const line = `${Math.floor((100 * done) / all)} % of the rollouts, ${seconds()} s`;
    process.stderr.write(process.stderr.isTTY ? `\r${line} ${done === all ? "\n" : ""}` : `${line}\n`);
  },
);

const simulated = simulatedClaims(results, { standardErrors: isQuick ? 2.33 : 0 });
const claims: Claim[] = [...simulated, ...goldens, ...cost];
console.log(`Node ${process.version}, seed ${seed}${isQuick ? ", few runs (--quick)" : ""}`);
console.log(
  "Sluice plain: tolerated ratio 1, no warm-up, no guards. Sluice default: tolerated ratio 1.25, warm-up, guards.\n",
);
for (const text of tablesOf(results)) console.log(`${text}\n`);
console.log(`Claims${isQuick ? " (with few runs, refuted only beyond 2.33 standard errors)" : ""}\n`);
console.log(claimTable(claims));
const missed = claims.filter(({ isMet }) => !isMet);
console.log(
  `\n${claims.length - missed.length} of ${claims.length} claims met; ${seconds()} s on ${values.threads} threads, ${processorSeconds()} s of processor time`,
);

if (values.json) {
  const simulations = cells.flatMap((cell) =>
    cell.rules.map(({ name, source }) => ({
      cell: cell.id,
      scenario: cell.scenario,
      rule: name,
      source,
      ...results.get(cell.id)!.get(name)!,
    })),
  );
  writeFileSync(
    values.json,
    `${JSON.stringify({ seed, isQuick, node: process.version, claims, simulations })}\n`,
  );
}
// The quick run is for machines that are busy with other things: time decides nothing there.
process.exitCode = missed.some(({ isTimed }) => !(isQuick && isTimed)) ? 1 : 0;
