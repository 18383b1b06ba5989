import { Refusal, type Result, type Status } from "@sluice/documents";
import type { Context, JournalPlace, OpenOptions } from "@sluice/pipeline";
import { abortOnSignals, type Log, liveLog, plainLog } from "@sluice/terminal";
import { Command, Option } from "commander";
import { exitCodeOf } from "./exit.ts";

/** The stages and what belongs to them; loaded when a command has understood its options, so that help comes at once. */
export type Pipeline = typeof import("@sluice/pipeline");

/** Options of every command that works on one environment. */
export interface EnvironmentOptions {
  environment: string;
  directory: string;
  configDir: string;
  out: string;
  stateDir?: string;
  journal: JournalPlace;
  /** Labels of the change, of the commands that choose a strategy. */
  labels?: string[];
  json: boolean;
  verbose: boolean;
  /** Only checks a change, so that `-e auto` need not find an environment of the branch. */
  isCheck?: boolean;
}

/** A command with the options that all of them share, and its example under the help. */
export function environmentCommand(name: string, description: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(description)
    .addOption(environmentOption())
    .option("-C, --directory <folder>", "folder of the project", ".")
    .option("--config-dir <folder>", "folder of the configuration, relative to the project", ".deploy")
    .option("--out <folder>", "folder for plan, results and report, relative to the project", "out")
    .option("--state-dir <folder>", "folder of local environments and journals (or SLUICE_STATE_DIR)")
    .addOption(journalOption())
    .option("--verbose", "show what the commands of a build print, also when they succeed", false)
    .option("--json", "print the document as JSON; progress goes to stderr", false)
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

const environmentOption = (): Option =>
  new Option(
    "-e, --environment <name>",
    "the environment, such as production; auto is the one of the branch (or SLUICE_ENVIRONMENT)",
  ).env("SLUICE_ENVIRONMENT");

const journalOption = (): Option =>
  new Option(
    "--journal <place>",
    "where journal and lock are: the state directory, or a branch of GITHUB_REPOSITORY (with GITHUB_TOKEN)",
  )
    .choices(["files", "branch"])
    .default("files");

/** Names separated by commas, as `--services orders,web` has them. */
export const names = (value: string): string[] =>
  value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/**
 * Opens the environment and lets the body work in it. SIGINT and SIGTERM abort the work; it then puts the traffic
 * back before it ends.
 */
export async function inEnvironment<T>(
  options: EnvironmentOptions,
  body: (context: Context, pipeline: Pipeline) => Promise<T>,
): Promise<T> {
  const cancel = abortOnSignals();
  const log = openLog(options.verbose);
  try {
    const pipeline = await import("@sluice/pipeline");
    const place = { ...locate(options), hostEntry: pipeline.programPath("local-host") };
    const context = await pipeline.openEnvironment({
      ...place,
      signal: cancel.signal,
      onProgress: log.onProgress,
    });
    return await body(context, pipeline);
  } finally {
    log.close();
    cancel.release();
  }
}

/**
 * Runs a stage in its environment, prints its result, and leaves the exit status behind.
 *
 * @param wanted the status that is asked for, and so is no failure: `rolled_back` of `sluice rollback`
 */
export async function printResult(
  options: EnvironmentOptions,
  stage: (context: Context, pipeline: Pipeline) => Promise<Result>,
  wanted?: Status,
): Promise<void> {
  const result = await inEnvironment(options, stage);
  const { toText } = await import("@sluice/report");
  process.stdout.write(
    options.json ? `${JSON.stringify(result, null, 2)}\n` : `${toText(result).trimEnd()}\n`,
  );
  process.exitCode = result.status === wanted ? 0 : exitCodeOf(result);
}

/** `--labels` of the commands that choose a strategy. */
export const labelsOption = (): Option =>
  new Option(
    "--labels <names>",
    "labels of the change, such as change:major, which `strategy: auto` goes by (or SLUICE_LABELS)",
  ).argParser(names);

/** Where a plan is shown: it is the answer of the command, unless its document is. */
export const planOutput = ({ json }: EnvironmentOptions): ((text: string) => void) =>
  json ? () => {} : (text) => void process.stdout.write(text);

/** The options as `openEnvironment` wants them. */
function locate(options: EnvironmentOptions): Omit<OpenOptions, "hostEntry" | "signal" | "onProgress"> {
  if (!options.environment)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: "No environment was named.",
      remedy: "Add `--environment <name>` (or `-e <name>`), or set SLUICE_ENVIRONMENT.",
    });
  return {
    directory: options.directory,
    configDirectory: options.configDir,
    environment: options.environment,
    purpose: options.isCheck ? "check" : "work",
    out: options.out,
    stateDirectory: options.stateDir ?? "",
    journal: options.journal,
    labels: options.labels ?? [],
    githubToken: options.journal === "branch" ? (process.env.GITHUB_TOKEN ?? "") : "",
    variables: process.env,
  };
}

/** Progress goes to stderr, so that stdout holds nothing but the answer. */
function openLog(isVerbose = false): Log {
  const isTerminal = process.stderr.isTTY && !process.env.CI;
  const log = isTerminal ? liveLog(process.stderr) : plainLog((line) => process.stderr.write(`${line}\n`));
  if (isVerbose) return log;
  // What a command printed before it failed is in the problem; of a good one nobody reads it.
  return { ...log, onProgress: (progress) => progress.type !== "output" && log.onProgress(progress) };
}
