import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, names, printResult } from "../session.ts";

interface Options extends EnvironmentOptions {
  services?: string[];
}

export const recheckCommand = (): Command =>
  environmentCommand("recheck", "look again at what was deployed an hour and a day ago, where that is due", [
    "sluice recheck -e production",
    "sluice recheck -e production --services orders --json",
  ])
    .option("--services <names>", "services, separated by commas (all when left out)", names)
    .action((options: Options) =>
      printResult(options, (context, { recheckStage }) => recheckStage(context, options)),
    );
