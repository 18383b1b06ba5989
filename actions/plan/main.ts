import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { isDeployedNow, openForAction, planFile, planStage } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner, "check");
  const result = await planStage(context, given);
  const hash = result.details?.stage === "plan" ? result.details.planHash : "";
  return {
    result,
    outputs: {
      "plan-hash": hash,
      plan: planFile(context),
      environment: context.environment.environment,
      deploys: String(await isDeployedNow(context)),
    },
    summary: toMarkdown(result),
  };
});
