import { buildStage, digestsOf, openForAction, releaseFile } from "@sluice/pipeline";
import { toMarkdown } from "@sluice/report";
import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const context = await openForAction(given, runner);
  const result = await buildStage(context, given);
  return {
    result,
    outputs: { release: releaseFile(context), artifacts: JSON.stringify(digestsOf(result)) },
    summary: toMarkdown(result),
  };
});
