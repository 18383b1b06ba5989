import { Worker } from "node:worker_threads";
import type { Cell } from "./cells.ts";
import { merge, type Outcome } from "./outcome.ts";
import type { Job } from "./worker.ts";

/** What each rule did in a cell, by the name of the rule. */
export type Results = Map<string, Map<string, Outcome>>;

const chunk = 50;

/** Simulates all cells on some threads. */
export async function simulateCells(
  cells: readonly Cell[],
  runsOf: (cell: Cell) => number,
  threads: number,
  onProgress: (done: number, all: number) => void,
): Promise<Results> {
  const jobs: Job[] = cells.flatMap((cell, index) =>
    Array.from({ length: Math.ceil(runsOf(cell) / chunk) }, (_, i) => ({
      cell: index,
      from: i * chunk,
      to: Math.min(runsOf(cell), (i + 1) * chunk),
    })),
  );
  const all = jobs.length;
  const results: Results = new Map(cells.map((cell) => [cell.id, new Map()]));
  let done = 0;
  const record = (job: Job, outcomes: Outcome[]) => {
    const cell = cells[job.cell]!;
    const seen = results.get(cell.id)!;
    cell.rules.forEach(({ name }, i) => {
      const before = seen.get(name);
      seen.set(name, before ? merge(before, outcomes[i]!) : outcomes[i]!);
    });
    onProgress(++done, all);
  };
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL("./worker.ts", import.meta.url));
      let job: Job | undefined;
      const next = () => {
        job = jobs.shift();
        if (job) worker.postMessage(job);
        else void worker.terminate().then(() => resolve());
      };
      worker.on("message", (outcomes: Outcome[]) => {
        record(job!, outcomes);
        next();
      });
      worker.on("error", reject);
      next();
    });
  await Promise.all(Array.from({ length: threads }, work));
  return results;
}
