import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ActionManifest, inputVariables, readManifest } from "./action-manifest.ts";
import {
  type Annotation,
  annotationsOf,
  parseCommands,
  parseFileCommands,
  type WorkflowCommand,
} from "./commands.ts";

export interface StepOptions {
  /** What a workflow writes under `with`. */
  inputs?: Readonly<Record<string, string>>;
  /** The checkout, which is also the working directory. */
  workspace: string;
  /** What a workflow writes under `env`. Nothing else of this process's environment is passed on. */
  env?: Readonly<Record<string, string>>;
  /** Where the API is; the address of a fake. */
  apiUrl?: string;
  /** What `${{ github.token }}` is; a job always has one, a test that does not speak to the API needs none. */
  token?: string;
  /** Payload of the event that started the run. */
  event?: object;
  eventName?: string;
  ref?: string;
  sha?: string;
  runId?: string;
}

/** What one program of an action (its main or its post) left behind. */
export interface ActionRun {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  outputs: Record<string, string>;
  state: Record<string, string>;
  /** Variables for later steps (`GITHUB_ENV`). */
  exported: Record<string, string>;
  /** Folders for `PATH` of later steps. */
  paths: string[];
  summary: string;
  commands: WorkflowCommand[];
  annotations: Annotation[];
  /** Titles of the log groups, in order. */
  groups: string[];
  masks: string[];
}

export interface StepRun extends ActionRun {
  /** What the post program did; null when the action has none or it had nothing to do. */
  post: ActionRun | null;
}

export interface RunningStep {
  readonly child: ChildProcess;
  /** Everything that it has printed so far. */
  log(): string;
  /** Resolves when the log matches; rejects when the program ends without it. */
  printed(pattern: RegExp): Promise<void>;
  /**
   * Cancels as the runner does: SIGINT to the program alone, 7.5 s later SIGTERM, 2.5 s later SIGKILL.
   * A test that wants to see the later signals need not wait that long: the pauses are in milliseconds.
   */
  cancel(pauses?: { beforeTerm?: number; beforeKill?: number }): void;
  readonly done: Promise<StepRun>;
}

/** Runs an action as one step of a job: main, then post. @param folder the folder that holds `action.yml` */
export async function runStep(folder: string, options: StepOptions): Promise<StepRun> {
  return (await startStep(folder, options)).done;
}

/** Starts an action and leaves the test in charge: it can wait for a line and cancel. */
export async function startStep(folder: string, options: StepOptions): Promise<RunningStep> {
  const manifest = await readManifest(folder);
  const temp = await mkdtemp(join(tmpdir(), "sluice-runner-"));
  const main = await startProgram(manifest, manifest.main, temp, options, {});
  let isCancelled = false;
  const finish = async (): Promise<StepRun> => {
    try {
      const result = await main.done;
      const outcome = isCancelled ? "cancelled" : result.exitCode === 0 ? "success" : "failure";
      const post =
        manifest.post && runsAfter(manifest.runs["post-if"], outcome)
          ? await (await startProgram(manifest, manifest.post, temp, options, result.state)).done
          : null;
      return { ...result, post };
    } finally {
      await rm(temp, { recursive: true, force: true });
    }
  };
  return {
    ...main,
    cancel: (pauses) => {
      isCancelled = true;
      main.cancel(pauses);
    },
    done: finish(),
  };
}

type Outcome = "success" | "failure" | "cancelled";

function runsAfter(condition: string | undefined, outcome: Outcome): boolean {
  const name = (condition ?? "always()").replace(/[()\s]/g, "");
  if (name === "always") return true;
  if (name === "success" || name === "failure" || name === "cancelled") return outcome === name;
  throw new Error(`The harness does not evaluate post-if: ${condition}`);
}

async function startProgram(
  manifest: ActionManifest,
  program: string,
  temp: string,
  options: StepOptions,
  state: Readonly<Record<string, string>>,
) {
  const commandFiles = ["OUTPUT", "STATE", "ENV", "PATH", "STEP_SUMMARY"] as const;
  const folder = await mkdtemp(join(temp, "commands-"));
  const fileOf = (name: (typeof commandFiles)[number]) => join(folder, name.toLowerCase());
  await Promise.all(commandFiles.map((name) => writeFile(fileOf(name), "")));
  const eventPath = join(folder, "event.json");
  await writeFile(eventPath, JSON.stringify(options.event ?? {}));
  const runnerTemp = join(temp, "_temp");
  await mkdir(runnerTemp, { recursive: true });

  const child = spawn(process.execPath, [program], {
    cwd: options.workspace,
    // The runner closes the standard input of an action.
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...inherited(),
      ...options.env,
      ...runnerVariables(options, runnerTemp),
      ...Object.fromEntries(commandFiles.map((name) => [`GITHUB_${name}`, fileOf(name)])),
      GITHUB_EVENT_PATH: eventPath,
      ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
      ...inputVariables(manifest, options.inputs ?? {}, options.token),
    },
  });
  let [stdout, stderr] = ["", ""];
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    changed();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    changed();
  });
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal }));
  });
  // Whoever waits for a line only must not be hit by an unhandled rejection.
  ended.catch(() => {});
  ended.finally(changed).catch(() => {});

  const collect = async (): Promise<ActionRun> => {
    const end = await ended;
    const read = (name: (typeof commandFiles)[number]) => readFile(fileOf(name), "utf8");
    const commands = [...parseCommands(stdout), ...parseCommands(stderr)];
    const textsOf = (wanted: string) =>
      commands.filter(({ name }) => name === wanted).map((command) => command.text);
    return {
      ...end,
      stdout,
      stderr,
      outputs: parseFileCommands(await read("OUTPUT")),
      state: parseFileCommands(await read("STATE")),
      exported: parseFileCommands(await read("ENV")),
      paths: (await read("PATH")).split("\n").filter(Boolean),
      summary: await read("STEP_SUMMARY"),
      commands,
      annotations: annotationsOf(commands),
      groups: textsOf("group"),
      masks: textsOf("add-mask"),
    };
  };

  return {
    child,
    log: () => stdout + stderr,
    printed: (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          const isFound = pattern.test(stdout) || pattern.test(stderr);
          const isOver = child.exitCode !== null || child.signalCode !== null;
          if (!isFound && !isOver) return;
          listeners.delete(look);
          if (isFound) resolve();
          else reject(new Error(`It ended without printing ${pattern}:\n${stdout}${stderr}`));
        };
        listeners.add(look);
        look();
      }),
    cancel: ({ beforeTerm = 7500, beforeKill = 2500 }: { beforeTerm?: number; beforeKill?: number } = {}) => {
      child.kill("SIGINT");
      let kill: NodeJS.Timeout | undefined;
      const term = setTimeout(() => {
        child.kill("SIGTERM");
        kill = setTimeout(() => child.kill("SIGKILL"), beforeKill);
      }, beforeTerm);
      child.once("exit", () => {
        clearTimeout(term);
        clearTimeout(kill);
      });
    },
    done: collect(),
  };
}

/** Of the own environment an action sees what a runner's host would have, and no more. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_COMPILE_CACHE"];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function runnerVariables(options: StepOptions, runnerTemp: string): Record<string, string> {
  const ref = options.ref ?? "refs/heads/main";
  return {
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTION: "__sluice",
    GITHUB_ACTOR: "octocat",
    // Not loopback: an address that is not github.com would make the toolkit believe in an Enterprise server.
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_API_URL: options.apiUrl ?? "http://127.0.0.1:9",
    GITHUB_REPOSITORY: "acme/shop",
    GITHUB_REPOSITORY_OWNER: "acme",
    GITHUB_EVENT_NAME: options.eventName ?? "push",
    GITHUB_REF: ref,
    GITHUB_REF_NAME: ref.replace(/^refs\/(heads|tags)\//, ""),
    GITHUB_SHA: options.sha ?? "0123456789abcdef0123456789abcdef01234567",
    GITHUB_RUN_ID: options.runId ?? "4242",
    GITHUB_RUN_NUMBER: "42",
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_WORKFLOW: "deploy",
    GITHUB_JOB: "deploy",
    GITHUB_WORKSPACE: options.workspace,
    RUNNER_OS: "Linux",
    RUNNER_ARCH: process.arch === "arm64" ? "ARM64" : "X64",
    RUNNER_NAME: "harness",
    RUNNER_TEMP: runnerTemp,
    RUNNER_TOOL_CACHE: runnerTemp,
    RUNNER_TRACKING_ID: "github_harness",
  };
}
