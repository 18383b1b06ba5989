import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, labelsOption, names, printResult } from "../session.ts";

interface Options extends EnvironmentOptions {
  despiteAlerts: boolean;
  version?: string;
  services?: string[];
  issueId?: string;
  stages?: string[];
  base?: string;
}

export const runCommand = (): Command =>
  environmentCommand(
    "run",
    "the whole pipeline of one environment: plan, build, scan, migrate, deploy, verify, watch, report",
    ["sluice run -e staging --version 2.1.0", "sluice run -e staging --stages deploy,verify"],
  )
    .option("--version <version>", "version of the release (the nearest tag when left out)")
    .option("--services <names>", "services, separated by commas (all when left out)", names)
    .option("--issue-id <id>", "issue that a hotfix mends; it names the tags of the artifacts")
    .option("--stages <names>", "stages to run (all when left out)", names)
    .addOption(labelsOption())
    .option("--despite-alerts", "begin although critical alerts fire, because this mends them", false)
    .option("--base <commit>", "scan the commits after this one for secrets too")
    .action((options: Options) =>
      printResult(options, async (context, { runPipeline }) => (await runPipeline(context, options)).result),
    );
