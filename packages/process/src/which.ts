import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { Refusal } from "@sluice/documents";

/**
 * Full path of a program as a shell would find it, or null.
 *
 * @param tool a name that is looked up in PATH, or a path (relative ones start at `cwd`)
 */
export function which(
  tool: string,
  { env = process.env, cwd = process.cwd() }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): string | null {
  if (tool.includes("/")) return isExecutable(resolve(cwd, tool)) ? resolve(cwd, tool) : null;
  for (const directory of (env.PATH ?? "").split(delimiter)) {
    if (directory === "") continue;
    const candidate = join(resolve(cwd, directory), tool);
    if (isExecutable(candidate)) return candidate;
  }
  return null;
}

/** Like `which`, for a program that there is no going on without. @throws Refusal `run.tool-missing` */
export function toolPath(tool: string, options?: Parameters<typeof which>[1]): string {
  const path = which(tool, options);
  if (path !== null) return path;
  throw new Refusal({
    reasonCode: "run.tool-missing",
    message: tool.includes("/")
      ? `There is no executable file ${tool}${options?.cwd ? ` in ${options.cwd}` : ""}.`
      : `The program ${tool} is not installed, or not in a directory of PATH.`,
    remedy: `Install ${tool}, or put it on PATH in an earlier step.`,
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
