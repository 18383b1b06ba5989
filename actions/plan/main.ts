import { openForAction, planFile, planStage } from "@sluice/pipeline";
import { toMarkdown } from "@sluice/report";
import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const context = await openForAction(given, runner);
  const result = await planStage(context, given);
  const hash = result.details?.stage === "plan" ? result.details.planHash : "";
  return { result, outputs: { "plan-hash": hash, plan: planFile(context) }, summary: toMarkdown(result) };
});
