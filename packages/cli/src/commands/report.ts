import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, printResult } from "../session.ts";

export const reportCommand = (): Command =>
  environmentCommand("report", "turn results and journal into one HTML page and one JSON document", [
    "sluice report -e production",
  ]).action((options: EnvironmentOptions) =>
    printResult({ ...options, isCheck: true }, (context, { reportStage }) => reportStage(context)),
  );
