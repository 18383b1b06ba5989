import { reportStage } from "@sluice/pipeline";
import { toText } from "@sluice/report";
import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, withEnvironment } from "../session.ts";

export const reportCommand = (): Command =>
  environmentCommand("report", "turn results and journal into one HTML page and one JSON document", [
    "sluice report -e production",
  ]).action((options: EnvironmentOptions) =>
    withEnvironment(
      options,
      (context) => reportStage(context),
      (result) => toText(result),
    ),
  );
