import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { exitCodeOfVerdict } from "../exit.ts";
import type { ReplayRequest } from "../judge/replay-file.ts";

interface Options extends ReplayRequest {
  chart?: string;
}

export const judgeReplayCommand = (): Command =>
  new Command("replay")
    .description("judge counters again that were kept: as JSON lines, in a journal, or in a report.json")
    .argument("<file>", "JSON lines, journal.jsonl or report.json; - reads standard input")
    .option("--config <file>", "configuration of the environment, such as .deploy/production-config.yaml")
    .option(
      "--service <name>",
      "service whose configuration holds, and whose rollout a journal is searched for",
    )
    .option("--run <id>", "run of the journal that worked on the rollout (the newest rollout when left out)")
    .option("--chart <file>", "draw it as a page of HTML that needs no network")
    .option("--json", "print one line of JSON for each reading, and a last one with the end", false)
    .addHelpText(
      "after",
      `
Examples:
  $ sluice judge replay samples.jsonl
  $ sluice judge replay samples.jsonl --config .deploy/production-config.yaml --json
  $ sluice judge replay journal.jsonl --service orders --chart orders.html
  $ kubectl logs job/canary | sluice judge replay - --json

A reading is one line, with cumulative counters as they were scraped:
  {"t":10,"weight":5,"canary":{"requests":50,"errors":0},"baseline":{"requests":950,"errors":1}}

Exit status: 0 it ends with promote, 1 with rollback, 3 with inconclusive; 2 bad input.`,
    )
    .action(async (file: string, options: Options) => {
      const { replayFile } = await import("../judge/replay-file.ts");
      const { answer, page, verdict } = await replayFile(file, options);
      if (options.chart !== undefined) await writeFile(options.chart, page());
      process.stdout.write(answer);
      process.exitCode = exitCodeOfVerdict(verdict);
    });
