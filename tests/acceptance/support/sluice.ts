import { type ChildProcess, spawn } from "node:child_process";
import { vi } from "vitest";
import type { Problem } from "../../../packages/documents/src/problem.ts";
import type { Result } from "../../../packages/documents/src/result.ts";
import type { EnvironmentStatus } from "../../../packages/pipeline/src/status.ts";
import { program } from "./dist.ts";
import type { Project } from "./project.ts";

// On a machine that does other things too, a release may take ten times as long as on an idle one.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

/** What `--json` prints: a result, or why there is none. */
export type Answer = Partial<Result> & { status?: string; reasonCode?: string; problems?: Problem[] };

export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The document on stdout. @throws when it is not exactly one */
  readonly json: Answer;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stderr(): string;
}

/** Starts the bundled command line in a project, with its state directory and the environment `test`. */
export function startCli(
  project: Project,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): RunningCommand {
  const isGlobal = ["lint", "init"].includes(args[0] ?? "");
  const where = isGlobal ? [] : ["--state-dir", project.state];
  return start([process.execPath, program("cli"), ...args, ...where], project, env);
}

/** Runs it to its end. */
export const cli = (project: Project, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  startCli(project, args, env).ended;

/** Starts any command in the folder of a project. */
export function start(
  command: readonly string[],
  project: Project,
  env: NodeJS.ProcessEnv = {},
): RunningCommand {
  const [tool, ...args] = command;
  const child = spawn(tool!, args, {
    cwd: project.directory,
    env: {
      ...Object.fromEntries(
        ["PATH", "HOME", "TMPDIR", "LANG", "NODE_COMPILE_CACHE"].flatMap((name) =>
          process.env[name] === undefined ? [] : [[name, process.env[name]]],
        ),
      ),
      SLUICE_ENVIRONMENT: "test",
      ...project.variables,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((done, fail) => {
    child.once("error", fail);
    child.once("close", (exitCode, signal) =>
      done({
        exitCode,
        signal,
        stdout,
        stderr,
        get json() {
          try {
            return JSON.parse(stdout) as Answer;
          } catch {
            throw new Error(`stdout is not one document:\n${stdout}\nstderr:\n${stderr}`);
          }
        },
      }),
    );
  });
  const running = { child, ended, stderr: () => stderr };
  project.running.add(running);
  child.once("close", () => project.running.delete(running));
  ended.catch(() => {});
  return running;
}

/** Everything up to a deployed release; the shortest way to a version that runs. */
export const release = (project: Project, version: string, ...more: string[]): Promise<Ended> =>
  cli(project, ["run", "--version", version, "--json", ...more]);

export async function statusOf(project: Project): Promise<EnvironmentStatus> {
  const { stdout } = await cli(project, ["status", "--json"]);
  return JSON.parse(stdout) as EnvironmentStatus;
}
