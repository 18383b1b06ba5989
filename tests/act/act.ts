import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { commit, type Stage } from "./stage.ts";

/** One line of the log that act writes with `--json`. */
interface LogLine {
  msg: string;
  jobID?: string;
  step?: string;
  stepID?: string[];
  stage?: string;
  stepResult?: string;
  jobResult?: string;
  matrix?: Record<string, unknown>;
  raw_output?: boolean;
}

export interface JobRun {
  id: string;
  result: string | undefined;
  matrix: Record<string, unknown>;
  /** Result by the name of the step, of those that ran. */
  steps: Record<string, string>;
}

export interface ActRun {
  exitCode: number | null;
  jobs: JobRun[];
  log: string;
}

export interface ActOptions {
  event: "push" | "pull_request" | "workflow_dispatch";
  /** The caller's workflow. */
  workflow: string;
  /** What the event says. */
  payload?: object;
  secrets?: Readonly<Record<string, string>>;
  /** Variables for every step, such as the place of the state. */
  env?: Readonly<Record<string, string>>;
  folder: string;
}

/** Runs a caller's workflow on a stage and reads what really ran. */
export async function runAct(stage: Stage, options: ActOptions): Promise<ActRun> {
  const file = join(stage.project, ".github/workflows/deploy.yml");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, options.workflow);
  commit(stage.project, "Deploy");
  const event = join(options.folder, "event.json");
  await writeFile(event, JSON.stringify(options.payload ?? {}));
  const program = process.env.SLUICE_ACT;
  if (!program) throw new Error("SLUICE_ACT is not set: run `npm run test:act`.");
  const env = { ACT_ARTIFACTS: stage.artifacts, ...npmSettings(), ...options.env };
  const pairs = (flag: string, values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const args = [
    options.event,
    "--json",
    "--workflows",
    file,
    "--eventpath",
    event,
    "--platform",
    "ubuntu-24.04=-self-hosted",
    "--no-cache-server",
    "--action-offline-mode",
    ...stage.repositories,
    ...pairs("--secret", options.secrets),
    ...pairs("--env", env),
  ];
  const child = spawn(program, args, {
    cwd: stage.project,
    env: {
      // npm finds its settings there, which the builds of the sample need.
      HOME: process.env.HOME,
      PATH: process.env.PATH,
      // Each run keeps its own copies, so that none sees what another one staged.
      XDG_CACHE_HOME: join(options.folder, "cache"),
    },
  });
  let log = "";
  child.stdout.on("data", (chunk) => (log += chunk));
  child.stderr.on("data", (chunk) => (log += chunk));
  const exitCode = await new Promise<number | null>((done, fail) =>
    child.on("error", fail).on("close", done),
  );
  return { exitCode, log, jobs: jobsIn(log) };
}

/** What npm was told by the environment, which act does not hand on by itself. */
const npmSettings = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        /^npm_config_(registry|cache|userconfig)$/i.test(entry[0]) && !!entry[1],
    ),
  );

/** The last lines that a job wrote, as a person reads them. */
export function tailOf({ log }: ActRun, id: string, count = 60): string {
  const lines = log
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ jobID }) => jobID === id)
    .map(({ msg }) => msg.trimEnd());
  return lines.slice(-count).join("\n");
}

function jobsIn(log: string): JobRun[] {
  const jobs = new Map<string, JobRun>();
  for (const line of log.split("\n")) {
    if (!line.startsWith("{")) continue;
    const entry = JSON.parse(line) as LogLine;
    if (!entry.jobID) continue;
    const key = `${entry.jobID} ${JSON.stringify(entry.matrix ?? {})}`;
    const job = jobs.get(key) ?? {
      id: entry.jobID,
      result: undefined,
      matrix: entry.matrix ?? {},
      steps: {},
    };
    jobs.set(key, job);
    if (entry.jobResult) job.result = entry.jobResult;
    // Steps inside a composite action have an id of several parts; they belong to the one that uses it.
    if (entry.stepResult && entry.stage === "Main" && entry.step && entry.stepID?.length === 1) {
      job.steps[entry.step] = entry.stepResult;
    }
  }
  return [...jobs.values()];
}
