import { commitOf } from "@sluice/building";
import {
  mayContinue,
  type ReasonCode,
  Refusal,
  type Result,
  type StageName,
  type Status,
} from "@sluice/documents";
import type { Context } from "./context.ts";
import { type DeploymentRecord, noRecord, recordAtGitHub } from "./deployment-record.ts";
import { withLock } from "./lock.ts";
import { versionOf } from "./release.ts";
import { buildStage } from "./stages/build.ts";
import { deployedServices, deployStage } from "./stages/deploy.ts";
import { migrateStage } from "./stages/migrate.ts";
import { planStage } from "./stages/plan.ts";
import { reportStage } from "./stages/report.ts";
import { rollbackStage } from "./stages/rollback.ts";
import { scanStage } from "./stages/scan.ts";
import { verifyStage } from "./stages/verify.ts";
import { watchStage } from "./stages/watch.ts";

export interface PipelineRequest {
  version?: string;
  services?: readonly string[];
  /** The issue that a hotfix mends; it names the tags of the artifacts. */
  issueId?: string;
  /** Stages to run, in their own order; all when left out. */
  stages?: readonly string[];
  /** Commit before the release, for the scan of its commits. */
  base?: string;
  /** Show the deployment at GitHub. */
  recordDeployment?: boolean;
}

export interface PipelineOutcome {
  /** The result of the stage that decided: the first that did not succeed, else the last that did something. */
  result: Result;
  results: readonly Result[];
  planHash: string;
  /** Path of the report. */
  html: string;
  url: string;
}

const order = ["build", "scan", "migrate", "deploy", "verify", "watch"] as const satisfies StageName[];
type RunnableStage = (typeof order)[number];

/**
 * The pipeline of one environment: plan, then every stage until one does not succeed, then the way back if the new
 * version has traffic already, then the report, always. The lock of the environment is held from the build to the end,
 * so that the plan is still true when it is carried out.
 */
export async function runPipeline(context: Context, request: PipelineRequest): Promise<PipelineOutcome> {
  const wanted = wantedStages(request.stages);
  const version = await versionOf(context, request.version);
  const { journal, actor } = context;
  const plan = await planStage(context, { ...request, version, diff: true });
  const planHash = plan.details?.stage === "plan" ? plan.details.planHash : "";
  const commit = await commitOf(context.directory, { env: context.variables });
  await journal.append("run.started", {
    version,
    ...(commit ? { commit: commit.sha, committedAt: commit.committedAt } : {}),
    ...(planHash ? { planHash } : {}),
    ...(actor ? { actor } : {}),
  });
  const ref = commit?.sha ?? context.variables.GITHUB_SHA;
  const record = request.recordDeployment ? recordAtGitHub(context, { version, ref, planHash }) : noRecord;
  const results = [plan];
  const urlOf = () => deployedServices(results.find(({ stage }) => stage === "deploy") ?? plan).url;
  if (mayContinue(plan.status)) {
    try {
      await withLock(context, () => runStages(context, wanted, { ...request, version }, results, record));
    } catch (error) {
      const end = endOf(error);
      await recordEnd(context, end);
      await record.end({ ...end, url: urlOf() });
      throw error;
    }
  }
  const decisive = decisiveOf(results);
  await journal.append("run.finished", {
    status: decisive.status,
    reasonCode: reasonOf(decisive.status),
    summary: decisive.summary,
  });
  await record.end({ ...decisive, url: urlOf() });
  const report = await reportStage(context);
  const html = report.details?.stage === "report" ? (report.details.files.html ?? "") : "";
  return { result: decisive, results, planHash, html, url: urlOf() };
}

/** Runs one stage after the other until one does not succeed, and then the way back; adds to `results`. */
async function runStages(
  context: Context,
  wanted: readonly RunnableStage[],
  request: PipelineRequest & { version: string },
  results: Result[],
  record: DeploymentRecord,
): Promise<void> {
  for (const stage of wanted) {
    if (stage === "deploy") await record.begin();
    const result = await runOne(context, stage, request);
    results.push(result);
    if (mayContinue(result.status)) continue;
    const back = await takeBack(context, result, results, request.services);
    if (back) results.push(back);
    return;
  }
}

/** A run that ends by an error, such as a lock that somebody else holds, has ended too: the journal says how. */
async function recordEnd({ journal }: Context, end: End): Promise<void> {
  try {
    await journal.append("run.finished", end);
  } catch {
    // The journal itself may be what failed; the error that is thrown says so.
  }
}

interface End {
  status: Status;
  reasonCode: ReasonCode;
  summary: string;
}

function endOf(error: unknown): End {
  if (!(error instanceof Refusal))
    return { status: "failed", reasonCode: "run.internal", summary: String(error) };
  const { reasonCode, problems } = error;
  const status = reasonCode === "run.cancelled" ? "cancelled" : "failed";
  return { status, reasonCode, summary: problems[0].message };
}

function runOne(
  context: Context,
  stage: RunnableStage,
  request: PipelineRequest & { version: string },
): Promise<Result> {
  const { version, services, issueId, base } = request;
  switch (stage) {
    case "build":
      return buildStage(context, { version, services, issueId });
    case "scan":
      return scanStage(context, { base });
    case "migrate":
      return migrateStage(context, {});
    case "deploy":
      return deployStage(context, { version, services });
    case "verify":
      return verifyStage(context, { version, services });
    case "watch":
      return watchStage(context, { version, services });
  }
}

/** Rolls back what was promoted when a stage after the deployment fails. The deployment takes itself back. */
async function takeBack(
  context: Context,
  failed: Result,
  results: readonly Result[],
  services: readonly string[] | undefined,
): Promise<Result | null> {
  const isAfterDeploy = failed.stage === "verify" || failed.stage === "watch";
  const deploy = results.find(({ stage }) => stage === "deploy");
  if (!isAfterDeploy || failed.status !== "failed" || !deploy || !context.environment.autoRollback.enabled)
    return null;
  if (deploy.details?.stage !== "deploy") return null;
  const changed = deploy.details.services.filter(
    ({ reasonCode, from }) => reasonCode === "deploy.promoted" && from !== null,
  );
  const names = changed
    .map(({ name }) => name)
    .filter((name) => !services?.length || services.includes(name));
  if (names.length === 0) return null;
  return rollbackStage(context, { services: names, reason: failed.summary });
}

function wantedStages(names: readonly string[] | undefined): readonly RunnableStage[] {
  if (!names || names.length === 0) return order;
  const unknown = names.filter((name) => !(order as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `There is no stage ${unknown.map((name) => `\`${name}\``).join(", ")}.`,
      remedy: `The stages are ${order.join(", ")}; plan and report always run.`,
    });
  return order.filter((stage) => names.includes(stage));
}

function decisiveOf(results: readonly Result[]): Result {
  const back = results.find(({ stage }) => stage === "rollback");
  const bad = results.find(({ status }) => !mayContinue(status));
  const deploy = results.findLast(({ stage, status }) => stage === "deploy" && status === "succeeded");
  return back ?? bad ?? deploy ?? results.at(-1)!;
}

function reasonOf(
  status: Status,
): "run.succeeded" | "run.stage-failed" | "run.rolled-back" | "run.rollback-failed" | "run.cancelled" {
  if (mayContinue(status)) return "run.succeeded";
  if (status === "rolled_back") return "run.rolled-back";
  if (status === "rollback_failed") return "run.rollback-failed";
  return status === "cancelled" ? "run.cancelled" : "run.stage-failed";
}
