import { stripVTControlCharacters } from "node:util";
import { type BuildCommand, type BuildPhase, type Location, Refusal } from "@sluice/documents";
import type { OnProgress } from "@sluice/ports";
import { run } from "@sluice/process";
import { findLocation } from "./locate.ts";
import type { CommandLine } from "./request.ts";

/** Lines of output that are kept to find the cause of a failure, and those of them that are shown. */
const keptLines = 400;
const shownLines = 12;

export interface Surroundings {
  /** The service, for messages; undefined for the project as a whole. */
  service?: string;
  /** The project. */
  directory: string;
  /** Where the commands run. */
  cwd: string;
  env?: NodeJS.ProcessEnv;
  timeoutSeconds?: number;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

/** A command that ended badly, before it is told why. */
export interface Failure {
  reasonCode: "build.command-failed" | "build.timed-out";
  /** "`npm test` ended with exit status 1." */
  sentence: string;
  /** The end of its output, without colours. */
  lastLines: string;
  location?: Location;
}

/**
 * Runs one command of a build and adds it to `commands`.
 *
 * @returns null when it ended well
 * @throws Refusal `run.tool-missing`; the reason of the signal when it is aborted
 */
export async function runPhase(
  phase: BuildPhase,
  command: CommandLine,
  at: Surroundings,
  commands: BuildCommand[],
): Promise<Failure | null> {
  const { service, onProgress, cwd, env, signal, timeoutSeconds } = at;
  const text = commandText(command);
  const lines: string[] = [];
  const entry: BuildCommand = { phase, command: text, exitCode: null, seconds: 0 };
  commands.push(entry);
  onProgress?.({ type: "message", service, text: `${phase}: ${text}` });
  const began = performance.now();
  try {
    const result = await run(command, {
      cwd,
      env,
      signal,
      timeoutSeconds,
      captureLimit: 1,
      onLine: (line) => {
        lines.push(line);
        if (lines.length > 2 * keptLines) lines.splice(0, keptLines);
        onProgress?.({ type: "output", service, text: line });
      },
    });
    if (!result.isTimedOut) entry.exitCode = result.exitCode;
    if (result.exitCode === 0 && !result.isTimedOut) return null;

    const output = stripVTControlCharacters(lines.slice(-keptLines).join("\n")).trim();
    return {
      reasonCode: result.isTimedOut ? "build.timed-out" : "build.command-failed",
      sentence: result.isTimedOut
        ? `\`${text}\` was ended after ${timeoutSeconds} seconds.`
        : `\`${text}\` ended with ${result.signal ? `signal ${result.signal}` : `exit status ${result.exitCode}`}.`,
      lastLines: output.split("\n").slice(-shownLines).join("\n"),
      location: findLocation(output, at.directory, cwd),
    };
  } finally {
    entry.seconds = (performance.now() - began) / 1000;
  }
}

/** What a failed command is to whoever started the build. */
export function refusalOf(failure: Failure, phase: BuildPhase, where: string, service?: string): Refusal {
  return new Refusal({
    reasonCode: failure.reasonCode,
    message: `${service ? `${service}: ` : ""}${phase} failed: ${failure.sentence}`,
    remedy: [
      `Run it in ${where === "" ? "the directory of the project" : where} and mend what it says.`,
      ...(failure.lastLines ? ["Its last lines:", failure.lastLines] : ["It printed nothing."]),
    ].join("\n"),
    location: failure.location,
  });
}

/** A command as one would type it. */
export function commandText(command: CommandLine): string {
  if (typeof command === "string") return command;
  return command
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
