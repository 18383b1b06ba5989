import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { openForAction, verifyStage } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner);
  const result = await verifyStage(context, given);
  const checks = result.details?.stage === "verify" ? result.details.checks : [];
  const passed = checks.filter((check) => check.passed).length;
  return {
    result,
    outputs: { "checks-passed": String(passed), "checks-failed": String(checks.length - passed) },
    summary: toMarkdown(result),
  };
});
