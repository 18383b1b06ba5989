import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { openForAction, rollbackStage } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner);
  const result = await rollbackStage(context, given);
  const services = result.details?.stage === "rollback" ? result.details.services : [];
  const version = services.find(({ status }) => status === "rolled_back")?.to ?? "";
  return {
    result,
    outputs: { "rolled-back-to": version },
    summary: toMarkdown(result),
    wanted: "rolled_back",
  };
});
