import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { text } from "node:stream/consumers";
import { startTimeOf } from "./identity.ts";
import { toolPath } from "./which.ts";

export interface DetachedOptions {
  cwd: string;
  /** The whole environment; nothing is inherited, and `RUNNER_TRACKING_ID` is never passed on. */
  env: Readonly<Record<string, string>>;
  /** Standard output and error are appended to this file. */
  logFile: string;
}

/**
 * Starts a daemon: in a session of its own, a child of nobody (its parent ends at once), with output in a file.
 * So it outlives the step that started it, and the job: GitHub's runner ends processes that carry its
 * `RUNNER_TRACKING_ID`, and on cancel the tree of the step's children.
 *
 * @throws Refusal `run.tool-missing` when there is no such program
 */
export async function startDetached(
  command: readonly string[],
  options: DetachedOptions,
): Promise<{ pid: number; startTime: string | null }> {
  const [tool, ...args] = command;
  if (tool === undefined) throw new RangeError("the command is empty");
  const env: Record<string, string> = { ...options.env };
  delete env.RUNNER_TRACKING_ID;
  const program = toolPath(tool, { env, cwd: options.cwd });
  const log = openSync(options.logFile, "a", 0o600);
  try {
    // The first shell leads the new session, starts the daemon in the background, and ends.
    const child = spawn("/bin/sh", ["-c", '{ exec "$@" >&2; } & echo $!', "sh", program, ...args], {
      cwd: options.cwd,
      env,
      stdio: ["ignore", "pipe", log],
      detached: true,
    });
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    const pid = Number(await Promise.race([text(child.stdout!), failed]));
    return { pid, startTime: startTimeOf(pid) };
  } finally {
    closeSync(log);
  }
}
