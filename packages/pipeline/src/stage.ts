import type { Details, Problem, ReasonCode, Result, Status } from "@sluice/documents";
import { mayContinue, Refusal } from "@sluice/documents";
import type { Context } from "./context.ts";
import { hideSecrets } from "./hide-secrets.ts";
import { writeResult } from "./run-folder.ts";

export type Stage = Result["stage"];

/** What a person reads when a stage begins. */
const titles: Record<Stage, string> = {
  plan: "Plan",
  build: "Build and test",
  scan: "Security scan",
  migrate: "Migrate the database",
  deploy: "Deploy",
  verify: "Verify",
  watch: "Watch",
  rollback: "Roll back",
  report: "Report",
};

/** What the body of a stage says when it is done. */
export interface StageOutcome {
  status: Status;
  reasonCode: ReasonCode;
  summary: string;
  problems?: readonly Problem[];
  details: Details | null;
}

/**
 * Runs one stage: says in the journal that it begins and how it ended, turns a refusal into a failed result,
 * and writes the result to `<out>/runs/<run>/<stage>.json`, where the next step and the report find it.
 * A defect is not caught: it must be seen as one.
 */
export async function runStage(
  context: Context,
  stage: Stage,
  version: string | undefined,
  body: () => Promise<StageOutcome>,
): Promise<Result> {
  const started = context.clock.now();
  context.onProgress({ type: "stage", stage, text: titles[stage] });
  await context.journal.append("stage.started", { stage });
  const outcome = hideSecrets(await settle(body), context.secrets);
  const finished = context.clock.now();
  const { status, reasonCode, summary } = outcome;
  const result: Result = {
    schema: "sluice/result/v1",
    stage,
    environment: context.environment.environment,
    version,
    status,
    reasonCode,
    summary,
    startedAt: new Date(started).toISOString(),
    finishedAt: new Date(finished).toISOString(),
    problems: [...(outcome.problems ?? [])],
    details: outcome.details,
  };
  await context.journal.append("stage.finished", {
    stage,
    status,
    reasonCode,
    seconds: (finished - started) / 1000,
    summary,
  });
  context.onProgress({
    type: mayContinue(status) ? "message" : "warning",
    text: `${stage} ${status.replaceAll("_", " ")} after ${((finished - started) / 1000).toFixed(1)} s: ${summary}`,
  });
  writeResult(context, result);
  return result;
}

async function settle(body: () => Promise<StageOutcome>): Promise<StageOutcome> {
  try {
    return await body();
  } catch (error) {
    // Without a journal nothing may go on: that is for the caller, not a result of this stage.
    if (!(error instanceof Refusal) || error.reasonCode.startsWith("run.journal")) throw error;
    const isCancelled = error.reasonCode === "run.cancelled";
    return {
      status: isCancelled ? "cancelled" : "failed",
      reasonCode: error.reasonCode,
      summary: error.problems[0].message,
      problems: error.problems,
      details: null,
    };
  }
}
