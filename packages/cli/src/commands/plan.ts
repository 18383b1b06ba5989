import type { Command } from "commander";
import {
  type EnvironmentOptions,
  environmentCommand,
  labelsOption,
  names,
  planOutput,
  printResult,
} from "../session.ts";

interface Options extends EnvironmentOptions {
  version?: string;
  services?: string[];
  issueId?: string;
  diff: boolean;
}

export const planCommand = (): Command =>
  environmentCommand("plan", "show everything that a deployment would do, before any of it happens", [
    "sluice plan -e production --version 2.1.0",
    "sluice plan -e staging --diff",
  ])
    .option("--version <version>", "version of the release")
    .option("--services <names>", "services, separated by commas (all when left out)", names)
    .addOption(labelsOption())
    .option("--issue-id <id>", "issue that a hotfix mends; it names the tags of the artifacts")
    .option("--diff", "compare with what runs in the environment now", false)
    .action((options: Options) =>
      printResult({ ...options, isCheck: true }, (context, { planStage }) =>
        planStage(context, { ...options, show: planOutput(options) }),
      ),
    );
