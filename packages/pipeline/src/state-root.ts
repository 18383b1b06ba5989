import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The folder of a project that outlives its runs: the named one, SLUICE_STATE_DIR, or the place that the
 * XDG Base Directory Specification has for state.
 */
export function stateRoot(
  {
    stateDirectory,
    variables,
    directory,
  }: { stateDirectory: string; variables: NodeJS.ProcessEnv; directory: string },
  project: string,
): string {
  const named = stateDirectory || variables.SLUICE_STATE_DIR;
  if (named) return resolve(directory, named);
  return join(variables.XDG_STATE_HOME || join(homedir(), ".local", "state"), "sluice", project);
}
