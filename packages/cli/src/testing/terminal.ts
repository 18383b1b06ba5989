import { join } from "node:path";
import { CommanderError } from "commander";
import { vi } from "vitest";
import { exitCodeOfError, explain } from "../exit.ts";
import { makeProgram } from "../program.ts";

export interface Said {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Runs the command line in this process, as `main.ts` does, and says what came out. */
export async function sluice(...args: string[]): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  const before = { exitCode: process.exitCode, program: process.argv[1] };
  process.exitCode = 0;
  // Other programs are found beside the one that runs.
  process.argv[1] = join(import.meta.dirname, "../main.ts");
  try {
    await makeProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      said.stderr += explain(error);
      process.exitCode = exitCodeOfError(error);
    }
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const exitCode = Number(process.exitCode);
  process.exitCode = before.exitCode;
  process.argv[1] = before.program!;
  return { ...said, exitCode };
}
