import { parentPort } from "node:worker_threads";
import { cells } from "./cells.ts";
import { simulateRuns } from "./outcome.ts";

export interface Job {
  cell: number;
  from: number;
  to: number;
}

parentPort!.on("message", ({ cell, from, to }: Job) => {
  parentPort!.postMessage(simulateRuns(cells[cell]!, from, to));
});
