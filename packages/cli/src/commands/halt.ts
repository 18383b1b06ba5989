import type { Command } from "commander";
import { environmentCommand, inEnvironment, names } from "../session.ts";
import { type OperatorArguments, printAnswer, secondsOf, waitOption } from "./operator.ts";

export const haltCommand = (): Command =>
  environmentCommand(
    "halt",
    "stop the rollout that another run carries out, and leave the traffic as it is",
    ["sluice halt -e production", 'sluice halt -e production --reason "the pager rings" --wait 30s'],
  )
    .option("--services <names>", "services, separated by commas (all that roll out when left out)", names)
    .option("--reason <text>", "why; it is recorded in the journal")
    .option(...waitOption)
    .action(async (options: OperatorArguments) => {
      const waitSeconds = await secondsOf(options.wait);
      await inEnvironment(options, async (context, { formatAnswer, haltRollouts }) => {
        const { services, reason } = options;
        const answer = await haltRollouts(context, { services, reason, waitSeconds });
        printAnswer(options, answer, formatAnswer, "held");
      });
    });
