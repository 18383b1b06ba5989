import { run, which } from "@sluice/process";
import type { Examination } from "./examination.ts";

const oldestNode = 20;
/** Of December 2018; older ones are not tried. */
const oldestGit = [2, 20] as const;

/** Whether this Node.js can run the command line. */
export function examineNode(version: string = process.versions.node): Examination {
  const isOld = Number(version.split(".")[0]) < oldestNode;
  return {
    what: "node",
    state: isOld ? "missing" : "ok",
    found: `Node ${version}, at least ${oldestNode} is needed`,
    remedy: isOld ? "Install Node 24 from https://nodejs.org or with the version manager that you use." : "",
  };
}

/** Whether a program is installed; without it something is missing only when it is needed here. */
export function examineTool(
  name: string,
  isNeeded: boolean,
  remedy: string,
  env: NodeJS.ProcessEnv,
): Examination {
  const path = which(name, { env });
  if (path) return { what: name, state: "ok", found: path, remedy: "" };
  return { what: name, state: isNeeded ? "missing" : "absent", found: "not on the PATH", remedy };
}

/** Whether git is there, is new enough, and knows this folder: versions and the commits of a release come from it. */
export async function examineGit(directory: string, env: NodeJS.ProcessEnv): Promise<Examination> {
  const remedy =
    "Install it with the package manager of the system (`apt-get install git`, `brew install git`).";
  const tool = examineTool("git", true, remedy, env);
  if (tool.state !== "ok") return tool;
  const { stdout } = await run(["git", "--version"], { env });
  const version = /\d+(\.\d+)+/.exec(stdout)?.[0] ?? "";
  if (isOlder(version, oldestGit))
    return {
      ...tool,
      state: "missing",
      found: `git ${version}, at least ${oldestGit.join(".")} is needed`,
      remedy,
    };
  const head = await run(["git", "-C", directory, "rev-parse", "--verify", "--quiet", "HEAD"], { env });
  if (head.exitCode === 0) return { ...tool, found: `git ${version}` };
  const inside = await run(["git", "-C", directory, "rev-parse", "--is-inside-work-tree"], { env });
  // git says why on stderr: no repository, or one of another user (safe.directory).
  const why = inside.exitCode === 0 ? "there is no commit yet" : firstLine(inside.stderr);
  return {
    ...tool,
    state: "absent",
    found: `git ${version}, but ${directory} has no history: ${why}`,
    remedy: "Commit the project. Until then every command needs `--version`, and no commits are scanned.",
  };
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";
