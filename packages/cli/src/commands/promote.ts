import type { Command } from "commander";
import { environmentCommand, inEnvironment, names } from "../session.ts";
import { type OperatorArguments, printAnswer, secondsOf, waitOption } from "./operator.ts";

export const promoteCommand = (): Command =>
  environmentCommand(
    "promote",
    "let the rollout go on that waits in a step, in another run or after it was halted",
    ["sluice promote -e production", 'sluice promote -e production --full --reason "checked by hand"'],
  )
    .option("--full", "leave out all steps that are left, with their analysis", false)
    .option("--services <names>", "services, separated by commas (all that roll out when left out)", names)
    .option("--reason <text>", "why; it is recorded in the journal")
    .option(...waitOption)
    .action(async (options: OperatorArguments & { full: boolean }) => {
      const waitSeconds = await secondsOf(options.wait);
      await inEnvironment(options, async (context, { formatAnswer, promoteRollouts }) => {
        const { services, reason, full: isFull } = options;
        const answer = await promoteRollouts(context, { services, reason, isFull, waitSeconds });
        printAnswer(options, answer, formatAnswer);
      });
    });
