import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { deployedServices, deployStage, openForAction } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner);
  const result = await deployStage(context, {
    ...given,
    releasePath: given.release,
    strategy: given.strategy || undefined,
  });
  const { url, statuses } = deployedServices(result);
  return {
    result,
    outputs: { url, "services-deployed": JSON.stringify(statuses) },
    summary: toMarkdown(result),
  };
});
