import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { openForAction, runPipeline, summaryOf } = await import("@sluice/pipeline");
  const context = await openForAction(given, runner);
  const { result, planHash, html, url } = await runPipeline(context, given);
  return {
    result,
    outputs: { "plan-hash": planHash, html, url },
    summary: await summaryOf(context),
  };
});
