import { action } from "@sluice/runtime";
import { inputs, outputs } from "./inputs.ts";

export const run = action({ inputs, outputs }, async (given, runner) => {
  const { migrateStage, openForAction } = await import("@sluice/pipeline");
  const { toMarkdown } = await import("@sluice/report");
  const context = await openForAction(given, runner);
  const result = await migrateStage(context, { directory: given.migrationDir, dryRun: given.dryRun });
  const migrate = result.details?.stage === "migrate" ? result.details : null;
  const applied = migrate?.migrations.filter(({ outcome }) => outcome === "applied").length ?? 0;
  return {
    result,
    outputs: { applied: String(applied), "schema-version": migrate?.after?.version ?? "" },
    summary: toMarkdown(result),
  };
});
