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
import { patienceOf } from "./newer-release.ts";
import { versionOf } from "./release.ts";
import { buildStage } from "./stages/build.ts";
import { deployedServices, deployStage, releaseOld } from "./stages/deploy.ts";
import { migrateStage } from "./stages/migrate.ts";
import { planStage } from "./stages/plan.ts";
import { reportStage } from "./stages/report.ts";
import { rollbackStage } from "./stages/rollback.ts";
import { scanStage } from "./stages/scan.ts";
import { verifyStage } from "./stages/verify.ts";
import { type WatchResult, watchRolledBackStage, watchStage } from "./stages/watch.ts";
import { noRefuge, versionsBackOf } from "./watch-after-rollback.ts";

export interface PipelineRequest {
  version?: string;
  services?: readonly string[];
  /** The issue that a hotfix mends; it names the tags of the artifacts. */
  issueId?: string;
  /** Stages to run, in their own order; all when left out. */
  stages?: readonly string[];
  /** Commit before the release, for the scan of its commits. */
  base?: string;
  /** Begin although critical alerts fire. */
  despiteAlerts?: boolean;
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
      await withLock(
        context,
        async (_, waitedSeconds) => {
          const isReady = waitedSeconds < 1 || (await planAgain(context, { ...request, version }, results));
          if (isReady) await runStages(context, wanted, { ...request, version }, results, record);
        },
        patienceOf(context, version),
      );
      await watchWhatIsBack(context, results);
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

/** What runs may be another version after a wait for the lock, so the plan is made anew; false when it cannot be carried out. */
async function planAgain(
  context: Context,
  request: PipelineRequest & { version: string },
  results: Result[],
): Promise<boolean> {
  const plan = await planStage(context, { ...request, diff: true });
  results[0] = plan;
  return mayContinue(plan.status);
}

/** The watch over the old versions after a rollback; the lock is free meanwhile, so that a fix need not wait. */
async function watchWhatIsBack(context: Context, results: Result[]): Promise<void> {
  const back = results.findLast(
    ({ stage, status }) => (stage === "rollback" || stage === "deploy") && status === "rolled_back",
  );
  const watched = back ? await watchRolledBackStage(context, versionsBackOf(back)) : null;
  if (!back || !watched) return;
  results.push(watched);
  if (watched.status !== "failed") return;
  results[results.indexOf(back)] = noRefuge(back, watched.summary);
}

/** Runs one stage after the other until one does not succeed, and then the way back; adds to `results`. */
async function runStages(
  context: Context,
  wanted: readonly RunnableStage[],
  request: PipelineRequest & { version: string },
  results: Result[],
  record: DeploymentRecord,
): Promise<void> {
  // While the new version is still looked at, the old one stands by: going back takes seconds then.
  const leavesOld = wanted.includes("verify") || wanted.includes("watch");
  for (const stage of wanted) {
    if (stage === "deploy") await record.begin();
    const { result, verdicts, isHalted } = await runOne(context, stage, { ...request, leavesOld });
    results.push(result);
    // The next release lets the old version go.
    if (isHalted) return;
    if (mayContinue(result.status)) continue;
    const back = await takeBack(context, result, results, request.services, verdicts);
    if (back) results.push(back);
    return;
  }
  const isDeployed = results.some(({ stage, status }) => stage === "deploy" && status === "succeeded");
  if (leavesOld && isDeployed && !context.environment.watch.recheck.rollback)
    await releaseOld(context, request);
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

async function runOne(
  context: Context,
  stage: RunnableStage,
  request: PipelineRequest & { version: string; leavesOld: boolean },
): Promise<{ result: Result } & Partial<WatchResult>> {
  const { version, services, issueId, base, leavesOld, despiteAlerts } = request;
  switch (stage) {
    case "build":
      return { result: await buildStage(context, { version, services, issueId }) };
    case "scan":
      return { result: await scanStage(context, { base }) };
    case "migrate":
      return { result: await migrateStage(context, {}) };
    case "deploy":
      return { result: await deployStage(context, { version, services, leavesOld, despiteAlerts }) };
    case "verify":
      return { result: await verifyStage(context, { version, services }) };
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
  verdicts: WatchResult["verdicts"] | undefined,
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
  return rollbackStage(context, { services: names, reason: failed.summary, verdicts });
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
