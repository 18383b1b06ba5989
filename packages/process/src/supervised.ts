import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { pidFileScript } from "./pid-file.ts";
import { toolPath } from "./which.ts";

export interface Exit {
  /** Exit status; null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

export interface SupervisedProcess {
  /** Also the id of its process group. */
  pid: number;
  exited: Promise<Exit>;
}

export interface SupervisedOptions {
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** Standard output and error are appended to this file, so that they need no reader. */
  logFile: string;
  /** Written before the program begins; must not exist. See `readPidFile`. */
  pidFile: string;
}

/**
 * Starts a child that is supervised: it leads a process group of its own, and it neither ends nor blocks when
 * this process does. `exited` has status 111 when the pid file was claimed by somebody else.
 *
 * @throws Refusal `run.tool-missing` when there is no such program
 */
export function startProcess(command: readonly string[], options: SupervisedOptions): SupervisedProcess {
  const [tool, ...args] = command;
  if (tool === undefined) throw new RangeError("the command is empty");
  const program = toolPath(tool, { env: options.env, cwd: options.cwd });
  const log = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn("/bin/sh", ["-c", `${pidFileScript}; exec "$@"`, options.pidFile, program, ...args], {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ["ignore", log, log],
      detached: true,
    });
    const exited = new Promise<Exit>((resolve) => {
      child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
      child.once("error", () => resolve({ exitCode: 127, signal: null }));
    });
    // `error` without a pid means that nothing was started (for example: no memory); its promise says so.
    return { pid: child.pid ?? 0, exited };
  } finally {
    closeSync(log);
  }
}
