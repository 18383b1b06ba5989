import { Command } from "commander";
import { buildCommand } from "./commands/build.ts";
import { deployCommand } from "./commands/deploy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { haltCommand } from "./commands/halt.ts";
import { initCommand } from "./commands/init.ts";
import { judgeCommand } from "./commands/judge.ts";
import { lintCommand } from "./commands/lint.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { planCommand } from "./commands/plan.ts";
import { promoteCommand } from "./commands/promote.ts";
import { recheckCommand } from "./commands/recheck.ts";
import { reportCommand } from "./commands/report.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { runCommand } from "./commands/run.ts";
import { scanCommand } from "./commands/scan.ts";
import { statusCommand } from "./commands/status.ts";
import { stopCommand } from "./commands/stop.ts";
import { verifyCommand } from "./commands/verify.ts";

/** The command line, made anew: parsing leaves its traces in a command. */
export function makeProgram(): Command {
  const program = new Command("sluice")
    .description(
      "Gated, progressive deployments: the same code that the GitHub Actions run, on this machine.",
    )
    .showHelpAfterError("(--help shows what is possible)")
    .exitOverride()
    // What comes after the name of a command is that command's.
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `
Examples:
  $ sluice init                               write a first configuration for this repository
  $ sluice plan -e production --version 2.1.0  show everything a deployment would do
  $ sluice run -e staging --version 2.1.0      build, scan, migrate, deploy, verify, watch
  $ sluice status -e production                what runs there now

Exit status: 0 done, 1 failed or taken back, 2 bad input, 3 held or inconclusive, 130 cancelled.`,
    );
  const commands = [
    initCommand,
    planCommand,
    runCommand,
    buildCommand,
    scanCommand,
    migrateCommand,
    deployCommand,
    verifyCommand,
    recheckCommand,
    haltCommand,
    promoteCommand,
    rollbackCommand,
    statusCommand,
    reportCommand,
    judgeCommand,
    lintCommand,
    doctorCommand,
    stopCommand,
  ];
  for (const make of commands) program.addCommand(make().copyInheritedSettings(program));
  return program;
}
