import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { openForAction, planFile, planStage } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner);
  const result = await planStage(context, given);
  const hash = result.details?.stage === "plan" ? result.details.planHash : "";
  return { result, outputs: { "plan-hash": hash, plan: planFile(context) }, summary: toMarkdown(result) };
});
