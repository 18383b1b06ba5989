import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, names, printResult } from "../session.ts";

interface Options extends EnvironmentOptions {
  version?: string;
  services?: string[];
  issueId?: string;
}

export const buildCommand = (): Command =>
  environmentCommand("build", "install, lint, test and build each service into an artifact with a digest", [
    "sluice build -e staging --version 2.1.0",
    "sluice build -e dev --services orders,web",
  ])
    .option("--version <version>", "version of the release (the nearest tag when left out)")
    .option("--services <names>", "services, separated by commas (all when left out)", names)
    .option("--issue-id <id>", "issue that a hotfix mends; it names the tags of the artifacts")
    .action((options: Options) =>
      printResult({ ...options, isCheck: true }, (context, { buildStage }) => buildStage(context, options)),
    );
