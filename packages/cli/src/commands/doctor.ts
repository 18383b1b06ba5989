import { resolve } from "node:path";
import { Command, Option } from "commander";

interface Options {
  directory: string;
  configDir: string;
  environment?: string;
  stateDir?: string;
  json: boolean;
}

const marks = { ok: "ok      ", missing: "MISSING ", absent: "absent  " } as const;

export const doctorCommand = (): Command =>
  new Command("doctor")
    .description("name what is missing on this machine and how to get it")
    .addOption(
      new Option(
        "-e, --environment <name>",
        "check what this environment needs too (or SLUICE_ENVIRONMENT)",
      ).env("SLUICE_ENVIRONMENT"),
    )
    .option("-C, --directory <folder>", "folder of the project", ".")
    .option("--config-dir <folder>", "folder of the configuration, relative to the project", ".deploy")
    .option("--state-dir <folder>", "folder of local environments and journals (or SLUICE_STATE_DIR)")
    .option("--json", "print the findings as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ sluice doctor\n  $ DATABASE_URL=postgresql://… sluice doctor -e staging",
    )
    .action(async (options: Options) => {
      const { examine } = await import("@sluice/pipeline");
      const checks = await examine({
        directory: resolve(options.directory),
        configDirectory: options.configDir,
        environment: options.environment,
        stateDirectory: options.stateDir ?? "",
        variables: process.env,
      });
      if (options.json) process.stdout.write(`${JSON.stringify(checks, null, 2)}\n`);
      else
        for (const check of checks) {
          process.stdout.write(`${marks[check.state]}${check.what}: ${check.found}\n`);
          if (check.remedy) process.stdout.write(`        ${check.remedy}\n`);
        }
      process.exitCode = checks.some((check) => check.state === "missing") ? 1 : 0;
    });
