import { join } from "node:path";
import type { OnProgress } from "@sluice/ports";
import type { Purpose } from "./chosen-environment.ts";
import { type Context, openEnvironment } from "./context.ts";
import type { JournalPlace } from "./journal-home.ts";
import { programPath } from "./programs.ts";

/** Inputs that every action has, as they were parsed. */
interface EnvironmentInputs {
  environment: string;
  workingDirectory: string;
  configDirectory: string;
  out: string;
  stateDirectory: string;
  journal: JournalPlace | "";
  githubToken: string;
  /** Labels of the change, of the actions that choose a strategy. */
  labels?: readonly string[];
  /** Variables out of the input `secrets`, of the actions that have it. */
  secrets?: Readonly<Record<string, string>>;
}

/** What the runner gives to an action. */
interface Runner {
  workspace: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  onProgress: OnProgress;
  mask(value: string): void;
}

/** Opens the environment that the inputs of an action name. @param purpose what `auto` has to allow */
export const openForAction = (
  inputs: EnvironmentInputs,
  runner: Runner,
  purpose: Purpose = "work",
): Promise<Context> =>
  openEnvironment({
    purpose,
    directory: join(runner.workspace, inputs.workingDirectory),
    configDirectory: inputs.configDirectory,
    environment: inputs.environment,
    out: inputs.out,
    stateDirectory: inputs.stateDirectory,
    journal: inputs.journal || "files",
    labels: inputs.labels ?? [],
    githubToken: inputs.githubToken,
    variables: runner.environment,
    secrets: inputs.secrets ?? {},
    hostEntry: programPath("local-host"),
    signal: runner.signal,
    onProgress: runner.onProgress,
    mask: runner.mask,
  });
