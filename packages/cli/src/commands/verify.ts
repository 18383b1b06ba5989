import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, names, printResult } from "../session.ts";

interface Options extends EnvironmentOptions {
  version?: string;
  services?: string[];
}

export const verifyCommand = (): Command =>
  environmentCommand("verify", "check that what runs is healthy, is the expected version and does its work", [
    "sluice verify -e production",
    "sluice verify -e staging --version 2.1.0 --services orders",
  ])
    .option("--version <version>", "version that must be served (the stable one when left out)")
    .option("--services <names>", "services, separated by commas (all when left out)", names)
    .action((options: Options) =>
      printResult(options, (context, { verifyStage }) => verifyStage(context, options)),
    );
