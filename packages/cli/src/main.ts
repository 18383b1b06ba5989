import { CommanderError } from "commander";
import { exitCodeOfError, explain } from "./exit.ts";
import { makeProgram } from "./program.ts";

/** Runs the command line with the arguments of this process. */
export async function run(): Promise<void> {
  try {
    await makeProgram().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed what is wrong; help and version are no errors.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = exitCodeOfError(error);
  }
}
