import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Result } from "../../packages/documents/src/result.ts";

/** How a command of Sluice ended. */
export interface Answer {
  exitCode: number | null;
  /** What it printed on standard output. */
  output: string;
  result: Result | null;
  seconds: number;
}

/** The bundled command line, run as a process of its own, as a user would. Its progress goes to this terminal. */
export function sluice(options: {
  dist: string;
  directory: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
}) {
  return (...args: string[]): Promise<Answer> =>
    new Promise((done, fail) => {
      const began = performance.now();
      const child = spawn(process.execPath, [join(options.dist, "cli", "index.js"), ...args, "--json"], {
        cwd: options.directory,
        env: options.environment,
        stdio: ["ignore", "pipe", "inherit"],
        signal: options.signal,
        killSignal: "SIGINT",
      });
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      child.on("error", fail);
      child.on("close", (exitCode) =>
        done({ exitCode, output, result: parse(output), seconds: (performance.now() - began) / 1000 }),
      );
    });
}

function parse(text: string): Result | null {
  try {
    return JSON.parse(text) as Result;
  } catch {
    return null;
  }
}
