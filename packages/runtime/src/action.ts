import { isAbsolute, join, relative } from "node:path";
import * as core from "@actions/core";
import {
  formatProblem,
  type Problem,
  type ReasonCode,
  Refusal,
  type Result,
  type Status,
} from "@sluice/documents";
import type { OnProgress } from "@sluice/ports";
import { abortOnSignals, formatProgress, plainLog, timestamp } from "@sluice/terminal";
import { type InputSpecs, type InputValues, inputVariable, readInputs } from "./inputs.ts";
import { liveSummary } from "./live-summary.ts";

/** What the body of an action gets beside its inputs. */
export interface ActionContext {
  /** Aborted on SIGINT and SIGTERM: the runner cancels, and 7.5 seconds are left. */
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** The folder that the job checked out. */
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Hides a value in everything that is printed from now on. */
  mask(value: string): void;
}

export interface ActionOutcome<O extends string = string> {
  /** The result document; for the whole pipeline, that of the stage that decided. */
  readonly result: Result;
  /** Scalars that a workflow would branch on, by output name. */
  readonly outputs: Readonly<Record<O, string>>;
  /** Markdown for the job summary. */
  readonly summary?: string;
  /** The status that was asked for, and so is no failure: `rolled_back` where the job is to roll back. */
  readonly wanted?: Status;
}

/** What `action.yml` says too: the inputs, and the outputs beside `result`, `status` and `reason_code`. */
export interface ActionShape<S extends InputSpecs, O extends string> {
  readonly inputs: S;
  readonly outputs: readonly O[];
}

const failing: readonly Status[] = [
  "failed",
  "cancelled",
  "held",
  "inconclusive",
  "rolled_back",
  "rollback_failed",
];

/** Whether a step fails. A rollback is what was asked for, or it says that the release was bad: only the action knows. */
const isRed = (status: Status, wanted: Status | undefined): boolean =>
  failing.includes(status) && status !== wanted;

/**
 * Makes an action out of its inputs and its body. Everything that the runner does to us happens here, once:
 * inputs, masks, groups, annotations, outputs, summary, cancel.
 */
export function action<const S extends InputSpecs, const O extends string>(
  shape: ActionShape<S, O>,
  body: (inputs: InputValues<S>, context: ActionContext) => Promise<ActionOutcome<O>>,
): () => Promise<void> {
  return async () => {
    const { signal, release } = abortOnSignals();
    const live = liveSummary(process.env.GITHUB_STEP_SUMMARY);
    try {
      maskSecrets(shape.inputs);
      const workspace = process.env.GITHUB_WORKSPACE || process.cwd();
      const context = {
        signal,
        workspace,
        environment: process.env,
        mask,
        onProgress: logger(live.onProgress),
      };
      const inputs = readInputs(shape.inputs, process.env);
      dropSecrets(shape.inputs);
      const outcome = await body(inputs, context);
      core.endGroup();
      live.close();
      for (const problem of outcome.result.problems) annotate(problem, workspace);
      await publish(outcome);
    } catch (error) {
      live.close();
      await fail(error);
    } finally {
      release();
    }
  };
}

function mask(value: string): void {
  // A mask of one or two characters would destroy the log instead of hiding something.
  for (const line of value.split("\n")) if (line.trim().length > 2) core.setSecret(line.trim());
}

function maskSecrets(inputs: InputSpecs): void {
  for (const [name, input] of Object.entries(inputs))
    if (input.kind === "secret") {
      const given = process.env[inputVariable(name)] ?? "";
      for (const value of new Set(input.secretsIn?.(given) ?? [given])) mask(value);
    }
}

/** What the body starts inherits the environment: a build has no business with the token of the action. */
function dropSecrets(inputs: InputSpecs): void {
  for (const [name, input] of Object.entries(inputs))
    if (input.kind === "secret") delete process.env[inputVariable(name)];
}

function logger(show: OnProgress): OnProgress {
  const log = plainLog((line) => core.info(line));
  return (progress) => {
    show(progress);
    if (progress.type === "stage") {
      core.endGroup();
      core.startGroup(progress.text);
    } else if (progress.type === "warning") core.warning(formatProgress(progress));
    else log.onProgress(progress);
  };
}

function annotate(problem: Problem, workspace: string): void {
  const at = problem.location;
  // A problem names its file relative to the project; GitHub looks for it relative to the workspace.
  const project = process.env[inputVariable("working-directory")]?.trim() || ".";
  const file = at && (isAbsolute(at.file) ? relative(workspace, at.file) : join(project, at.file));
  const properties = at
    ? { file, startLine: at.line, endLine: at.endLine, startColumn: at.column, title: problem.reasonCode }
    : { title: problem.reasonCode };
  const message = problem.remedy ? `${problem.message}\n${problem.remedy}` : problem.message;
  const say = { error: core.error, warning: core.warning, notice: core.notice }[problem.severity];
  say(message, properties);
}

async function publish({ result, outputs, summary, wanted }: ActionOutcome): Promise<void> {
  core.setOutput("result", JSON.stringify(result));
  core.setOutput("status", result.status);
  core.setOutput("reason_code", result.reasonCode);
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  if (summary && process.env.GITHUB_STEP_SUMMARY)
    await core.summary.addRaw(fitSummary(summary), true).write();
  core.info(`${timestamp(new Date())} ${result.stage}: ${result.summary}`);
  if (isRed(result.status, wanted)) {
    process.exitCode = 1;
    core.error(result.summary, { title: result.reasonCode });
  }
}

/** GitHub refuses a summary above 1 MiB whole; a cut one is better than none. */
function fitSummary(markdown: string): string {
  const limit = 1024 * 1024 - 200;
  if (Buffer.byteLength(markdown) <= limit) return markdown;
  const cut = Buffer.from(markdown).subarray(0, limit).toString("utf8");
  return `${cut.slice(0, cut.lastIndexOf("\n"))}\n\nThe summary was cut at 1 MiB; the report has all of it.\n`;
}

async function fail(error: unknown): Promise<void> {
  const refusal = error instanceof Refusal ? error : undefined;
  const status: Status = refusal?.reasonCode === "run.cancelled" ? "cancelled" : "failed";
  const reasonCode: ReasonCode = refusal?.reasonCode ?? "run.internal";
  if (refusal) {
    for (const problem of refusal.problems) annotate(problem, process.env.GITHUB_WORKSPACE || process.cwd());
    if (process.env.GITHUB_STEP_SUMMARY)
      await core.summary.addRaw(`### ${status}\n\n${refusal.problems.map(asMarkdown).join("\n")}\n`).write();
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    core.error(`This is a defect of Sluice, please report it.\n${text}`, { title: reasonCode });
  }
  core.setOutput("status", status);
  core.setOutput("reason_code", reasonCode);
  process.exitCode = 1;
}

const asMarkdown = (problem: Problem): string => `\`\`\`\n${formatProblem(problem)}\n\`\`\``;
