import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type EnvironmentConfig,
  type ProjectConfig,
  resolve as resolveSettings,
  type ServiceSettings,
} from "@sluice/config";
import { type Problem, Refusal } from "@sluice/documents";
import { createJournal, type Journal } from "@sluice/journal";
import type { Clock, JournalStore, OnProgress } from "@sluice/ports";
import { systemClock } from "@sluice/process";
import { loadChosen, type Purpose } from "./chosen-environment.ts";
import { hideSecrets } from "./hide-secrets.ts";
import { type JournalPlace, journalHome, type LockTerms } from "./journal-home.ts";
import { identifyRun } from "./run-identity.ts";
import { secretValues, withSecrets } from "./secrets.ts";
import { stateRoot } from "./state-root.ts";
import { type OpenTarget, openTarget } from "./target.ts";

export interface OpenOptions {
  /** Folder of the project. */
  directory: string;
  /** Folder of the configuration, relative to the project. */
  configDirectory: string;
  /** Name of the environment, prefix of its file, or `auto` for the one of the branch. */
  environment: string;
  /** What it is opened for, which decides what `auto` allows; to work in it when left out. */
  purpose?: Purpose;
  /** Folder for what a run writes, relative to the project. */
  out: string;
  /** Folder that outlives runs; empty for the default. */
  stateDirectory: string;
  /** Where the journal is kept, and with it the lock; in the state directory when it is left out. */
  journal?: JournalPlace;
  /** Labels of the change that is deployed; those in `SLUICE_LABELS` when none is given. */
  labels?: readonly string[];
  /** Token for the calls to GitHub that were asked for; nothing else uses it. */
  githubToken?: string;
  /** Environment variables: where secrets come from. */
  variables: NodeJS.ProcessEnv;
  /** More secret variables; one that has a value in `variables` keeps that. */
  secrets?: Readonly<Record<string, string>>;
  /** Program that hosts the local target. */
  hostEntry: string;
  signal: AbortSignal;
  onProgress: OnProgress;
  /** Told of every secret value before anything can be printed. */
  mask?: (value: string) => void;
  clock?: Clock;
}

/** One environment, opened: what every stage works with. */
export interface Context {
  /** Absolute path of the project. */
  readonly directory: string;
  /** Absolute path of what this run writes. */
  readonly out: string;
  /** Absolute path of what outlives the run, for this environment. */
  readonly state: string;
  readonly project: ProjectConfig;
  readonly environment: EnvironmentConfig;
  /** Settings of every service, in the order of deployment. */
  readonly services: readonly ServiceSettings[];
  /** The files of the configuration, relative to the project. */
  readonly files: { readonly project: string; readonly environment: string };
  /** Problems of the configuration that stop nothing. */
  readonly warnings: readonly Problem[];
  readonly journal: Journal;
  /** Names this run in the journal. */
  readonly run: string;
  /** Who holds the lock, in words. */
  readonly owner: string;
  readonly lockTerms: LockTerms;
  readonly actor: string | undefined;
  /** Labels of the change that is deployed, which `strategy: auto` goes by. */
  readonly labels: readonly string[];
  readonly target: OpenTarget;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly variables: NodeJS.ProcessEnv;
  /** The variables that the commands of a build see: without those that were given as secrets. */
  readonly buildVariables: NodeJS.ProcessEnv;
  /** Empty when there is none. */
  readonly githubToken: string;
  /** Values that must not be seen anywhere. */
  readonly secrets: readonly string[];
}

/**
 * Reads the configuration and opens journal and target. Nothing is changed yet, and nothing is started.
 *
 * @throws Refusal `config.*` with file, line and key, or with the variable that is missing
 */
export async function openEnvironment(options: OpenOptions): Promise<Context> {
  const directory = resolve(options.directory);
  const { config, note } = await loadChosen({ ...options, directory, purpose: options.purpose ?? "work" });
  const { project, environment } = config;
  const { journal: place = "files", githubToken = "", secrets: given = {} } = options;
  const variables = withSecrets(options.variables, given);
  const secrets = [...secretValues(project, variables, given), ...(githubToken ? [githubToken] : [])];
  for (const value of secrets) options.mask?.(value);

  if (note) options.onProgress({ type: "message", text: note });

  const clock = options.clock ?? systemClock;
  const stateDirectory = stateRoot({ ...options, directory, variables }, project.name);
  const state = join(stateDirectory, environment.environment);
  await makeFolder(state);
  const identity = identifyRun(variables, clock.now());
  const access = { githubToken, variables, clock, signal: options.signal };
  const where = { project: project.name, environment: environment.environment, state };
  const { store, holdBackSeconds, lockTerms } = await journalHome({ ...access, ...where, journal: place });
  return {
    directory,
    out: resolve(directory, options.out),
    state,
    project,
    environment,
    services: resolveSettings(project, environment),
    files: config.files,
    warnings: config.warnings,
    journal: createJournal({
      store: withoutSecrets(store, secrets),
      run: identity.run,
      environment: environment.environment,
      clock,
      holdBackSeconds,
    }),
    run: identity.run,
    owner: identity.owner,
    lockTerms,
    actor: identity.actor,
    labels: labelsOf(options),
    target: openTarget({
      kind: environment.target,
      environment: environment.environment,
      stateDirectory,
      hostEntry: options.hostEntry,
      file: config.files.environment,
    }),
    clock,
    signal: options.signal,
    onProgress: (progress) => options.onProgress(hideSecrets(progress, secrets)),
    variables,
    buildVariables: options.variables,
    githubToken,
    secrets,
  };
}

/** The labels that were given, or else those of `SLUICE_LABELS`, one in a line or between commas. */
const labelsOf = ({ labels = [], variables: { SLUICE_LABELS = "" } }: OpenOptions): readonly string[] =>
  labels.length > 0 ? labels : SLUICE_LABELS.split(/[,\n]/).flatMap((label) => label.trim() || []);

/** Whoever writes to the journal, no secret gets into it. */
const withoutSecrets = (store: JournalStore, secrets: readonly string[]): JournalStore => ({
  ...store,
  append: (events, after) => store.append(hideSecrets(events, secrets), after),
});

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Refusal(
      {
        reasonCode: "run.journal-unwritable",
        message: `The state directory ${path} cannot be made: ${(cause as Error).message}.`,
        remedy: "Name another one with `--state-dir`, the input `state-directory` or SLUICE_STATE_DIR.",
      },
      { cause },
    );
  }
}
