import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { Capture } from "./capture.ts";
import { endProcess, signalGroup } from "./end.ts";
import { releaseGroup, watchGroup } from "./groups.ts";
import { toolPath, which } from "./which.ts";

export interface RunOptions {
  cwd?: string;
  /** The whole environment; by default the one of this process. Secret values belong here, never in arguments. */
  env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is empty otherwise. */
  input?: string | Uint8Array;
  signal?: AbortSignal;
  timeoutSeconds?: number;
  /** How long the group may take between SIGTERM and SIGKILL; 5 by default. */
  graceSeconds?: number;
  /** Called with each line as it is written, without its ending. */
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** Characters kept of each stream, the last ones; 8 Mi by default. */
  captureLimit?: number;
}

export interface RunResult {
  /** Exit status; 128 + number of the signal when one ended it, as a shell says it. */
  exitCode: number;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** The beginning of a stream was dropped, because it was longer than `captureLimit`. */
  isTruncated: boolean;
  /** It was ended because `timeoutSeconds` were over. */
  isTimedOut: boolean;
  seconds: number;
}

/**
 * Runs a command to its end. A status other than 0 is a result, not an error.
 *
 * @param command an argument list, or a script for `bash -e` (`sh -e` where there is no bash)
 * @throws the reason of `signal` when it is aborted; the whole process group has ended then
 * @throws Refusal `run.tool-missing` when there is no such program
 */
export async function run(command: string | readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd = process.cwd(), env = process.env, signal, graceSeconds = 5 } = options;
  signal?.throwIfAborted();
  const [tool, ...args] = typeof command === "string" ? shellCommand(command, env) : command;
  if (tool === undefined) throw new RangeError("the command is empty");
  const program = toolPath(tool, { env, cwd });
  const began = performance.now();

  const child = spawn("/bin/sh", ["-c", guardedStart, "sh", program, ...args], {
    cwd,
    env,
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe", "pipe"],
    detached: true,
  });
  if (child.pid === undefined) throw await new Promise((resolve) => child.once("error", resolve));
  const group = child.pid;
  const [stdin, out, err, lifeline] = child.stdio as unknown as [
    Writable | null,
    Readable,
    Readable,
    Writable,
  ];
  for (const stream of [stdin, lifeline]) stream?.on("error", () => {}); // the program may end before it has read all
  watchGroup(group);
  stdin?.end(options.input);

  const { onLine, captureLimit = 8 * 1024 * 1024 } = options;
  const stdout = new Capture(captureLimit, onLine && ((line) => onLine(line, "stdout")));
  const stderr = new Capture(captureLimit, onLine && ((line) => onLine(line, "stderr")));
  out.on("data", (chunk) => stdout.write(chunk));
  err.on("data", (chunk) => stderr.write(chunk));

  let isTimedOut = false;
  const stop = () => void endProcess(group, { graceSeconds });
  const onTimeout = () => {
    isTimedOut = true;
    stop();
  };
  const timer =
    options.timeoutSeconds === undefined ? undefined : setTimeout(onTimeout, options.timeoutSeconds * 1000);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const exit = await new Promise<{ code: number | null; by: NodeJS.Signals | null }>((resolve) =>
      child.once("exit", (code, by) => resolve({ code, by })),
    );
    // Whatever it left running ends now, politely while it is being stopped, at once after a normal end.
    if (isTimedOut || signal?.aborted) await endProcess(group, { graceSeconds });
    else signalGroup(group, "SIGKILL");
    await Promise.all([drained(out), drained(err)]);
    stdout.end();
    stderr.end();
    signal?.throwIfAborted();
    return {
      exitCode: exit.code ?? 128 + constants.signals[exit.by!],
      signal: exit.by,
      stdout: stdout.text,
      stderr: stderr.text,
      isTruncated: stdout.isTruncated || stderr.isTruncated,
      isTimedOut,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    releaseGroup(group);
    lifeline.destroy();
  }
}

/**
 * A watcher in the background reads a pipe that only this process holds, and ends the group when the pipe
 * closes: also when this process was killed with SIGKILL. Its parent ends at once, so that the program does
 * not find itself with a child. Then the shell becomes the program.
 */
const guardedStart = '( { read -r _ <&3; kill -s KILL 0; } </dev/null >/dev/null 2>&1 & ); exec "$@" 3<&-';

function shellCommand(script: string, env: NodeJS.ProcessEnv): string[] {
  const bash = which("bash", { env });
  return bash ? [bash, "--noprofile", "--norc", "-e", "-c", script] : ["/bin/sh", "-e", "-c", script];
}

/** The end of a stream; a process that left the group may hold it open, and is not waited for. */
function drained(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) return resolve();
    const giveUp = setTimeout(() => stream.destroy(), 1000);
    stream.once("close", () => {
      clearTimeout(giveUp);
      resolve();
    });
  });
}
