import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, names, printResult } from "../session.ts";

interface Options extends EnvironmentOptions {
  to?: string;
  from?: string;
  services?: string[];
  reason: string;
  acceptContract: boolean;
  dryRun: boolean;
}

export const rollbackCommand = (): Command =>
  environmentCommand("rollback", "put the traffic back on the previous or a named version, and verify it", [
    "sluice rollback -e production",
    'sluice rollback -e production --to 2.0.3 --reason "customers cannot pay"',
  ])
    .option("--to <version>", "version to go back to (the previous one when left out)")
    .option("--from <version>", "version to get rid of; services that it never reached are left alone")
    .option("--services <names>", "services, separated by commas (all when left out)", names)
    .option("--reason <text>", "why; it is recorded in the journal", "manual decision")
    .option(
      "--accept-contract",
      "go back although a migration was applied that the older version may not survive",
      false,
    )
    .option("--dry-run", "show what would be done and change nothing", false)
    .action((options: Options) =>
      printResult(options, (context, { rollbackStage }) => rollbackStage(context, options), "rolled_back"),
    );
