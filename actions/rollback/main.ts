import { openForAction, rollbackStage } from "@sluice/pipeline";
import { toMarkdown } from "@sluice/report";
import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const context = await openForAction(given, runner);
  const result = await rollbackStage(context, given);
  const services = result.details?.stage === "rollback" ? result.details.services : [];
  const version = services.find(({ status }) => status === "rolled_back")?.to ?? "";
  return { result, outputs: { "rolled-back-to": version }, summary: toMarkdown(result) };
});
