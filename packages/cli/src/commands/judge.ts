import { Command } from "commander";
import { judgePlanCommand } from "./judge-plan.ts";
import { judgeReplayCommand } from "./judge-replay.ts";

/** `sluice judge`: what the judge would say, without touching any environment. */
export function judgeCommand(): Command {
  const judge = new Command("judge")
    .description("what the judge says of counters that were kept, and what it would find at a given traffic")
    .enablePositionalOptions()
    .option("--json", "print the answer as JSON (after the name of the subcommand)", false)
    .exitOverride()
    .showHelpAfterError("(--help shows what is possible)")
    .addHelpText(
      "after",
      "\nExamples:\n  $ sluice judge replay samples.jsonl\n  $ sluice judge plan --rate 100/s --error-ratio 0.1%",
    );
  for (const make of [judgeReplayCommand, judgePlanCommand])
    judge.addCommand(make().copyInheritedSettings(judge));
  return judge;
}
