import { Refusal } from "@sluice/documents";
import { CommanderError } from "commander";
import { documentOf, exitCodeOfError, explain } from "./exit.ts";
import { makeProgram } from "./program.ts";

/** Runs the command line with the arguments of this process. */
export async function run(): Promise<void> {
  try {
    await makeProgram().parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) return fail(error);
    // Commander has printed what is wrong; help and version are no errors.
    if (error.exitCode === 0) return;
    process.exitCode = 2;
    answer(new Refusal({ reasonCode: "config.input-invalid", message: error.message }));
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = exitCodeOfError(error);
  answer(error);
}

/** Who asked for a document gets one, also about a command that could not be carried out. */
function answer(error: unknown): void {
  if (process.argv.includes("--json"))
    process.stdout.write(`${JSON.stringify(documentOf(error), null, 2)}\n`);
}
