import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { openForAction, reportStage, summaryOf } = await import("@sluice/pipeline");
  const context = await openForAction(given, runner, "check");
  const result = await reportStage(context);
  const files = result.details?.stage === "report" ? result.details.files : null;
  return {
    result,
    outputs: { html: files?.html ?? "", json: files?.json ?? "" },
    summary: await summaryOf(context),
  };
});
