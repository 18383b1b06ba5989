import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { buildStage, digestsOf, openForAction, releaseFile } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner, "check");
  const result = await buildStage(context, given);
  return {
    result,
    outputs: { release: releaseFile(context), artifacts: JSON.stringify(digestsOf(result)) },
    summary: toMarkdown(result),
  };
});
