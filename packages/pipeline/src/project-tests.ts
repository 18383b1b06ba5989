import { Refusal } from "@sluice/documents";
import type { ScriptCheck } from "@sluice/verification";
import type { Context } from "./context.ts";

/** What a script of the project needs to run: it sees the variables of the run, and which environment it is about. */
type Around = Pick<Context, "directory" | "environment" | "variables">;

/** A command of the project as a check. @param more variables besides */
export const scriptOf = (
  { directory, environment: { environment }, variables }: Around,
  name: string,
  command: string[],
  more: Readonly<Record<string, string>> = {},
): ScriptCheck => ({
  name,
  command,
  cwd: directory,
  env: { ...variables, ...more, SLUICE_ENVIRONMENT: environment },
});

/**
 * A test that the environment asks for by its name in the project.
 *
 * @param key where the environment asks for it
 * @param more variables besides
 * @throws Refusal `config.not-allowed` when the project has no such test
 */
export function testOf(
  context: Around & Pick<Context, "project" | "files">,
  name: string,
  key: string,
  more?: Readonly<Record<string, string>>,
): ScriptCheck {
  const { project, files } = context;
  const command = project.verify.tests[name];
  if (command) return scriptOf(context, name, command, more);
  throw new Refusal({
    reasonCode: "config.not-allowed",
    message: `The environment asks for the test \`${name}\`, which the project does not have.`,
    remedy: `Add it under \`verify.tests\` of ${files.project}.`,
    location: { file: files.environment, key },
  });
}
