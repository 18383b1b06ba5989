import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { openForAction, scanStage } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner, "check");
  const result = await scanStage(context, given);
  const scan = result.details?.stage === "scan" ? result.details : null;
  return {
    result,
    outputs: { outcome: scan?.outcome ?? "error", sarif: scan?.files.sarif ?? "" },
    summary: toMarkdown(result),
  };
});
