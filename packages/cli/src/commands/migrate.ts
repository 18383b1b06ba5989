import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, printResult } from "../session.ts";

interface Options extends EnvironmentOptions {
  dir?: string;
  dryRun: boolean;
}

export const migrateCommand = (): Command =>
  environmentCommand("migrate", "apply pending SQL migrations, with a backup before and a validation after", [
    "DATABASE_URL=postgresql://… sluice migrate -e staging",
    "sluice migrate -e production --dry-run",
  ])
    .option("--dir <folder>", "folder of the migrations (the one of the configuration when left out)")
    .option("--dry-run", "show what is pending and change nothing", false)
    .action((options: Options) =>
      printResult(options, (context, { migrateStage }) =>
        migrateStage(context, { directory: options.dir, dryRun: options.dryRun }),
      ),
    );
