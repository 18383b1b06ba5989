import { branchPresets } from "./presets.ts";
import type { ProjectConfig } from "./schema/project.ts";

/**
 * The environment that a branch is deployed to, null when pushes to it are only checked.
 * A pattern may have `*` (anything but `/`) and `**` (anything); the longest pattern that fits wins.
 */
export function environmentOfBranch(branches: ProjectConfig["branches"], branch: string): string | null {
  const map: Readonly<Record<string, string>> =
    typeof branches === "string" ? branchPresets[branches] : branches;
  const best = Object.keys(map)
    .filter((pattern) => fits(pattern, branch))
    .toSorted(
      (a, b) => Number(b === branch) - Number(a === branch) || b.length - a.length || (a < b ? -1 : 1),
    )[0];
  return best === undefined ? null : (map[best] ?? null);
}

function fits(pattern: string, branch: string): boolean {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"),
    )
    .join("");
  return new RegExp(`^${source}$`).test(branch);
}

/** Instead of the name of an environment: the one of the branch. */
export const automaticEnvironment = "auto";

/** What a run is started by, as far as that decides where it belongs. */
export interface Occasion {
  /** The branch that counts: of a pull request the one it goes into; null for a tag or a detached checkout. */
  branch: string | null;
  /** Name of the event at GitHub; null on a machine of a person, who starts everything by hand. */
  event: string | null;
}

/** The environment that counts where a branch has none and a change is only checked; null when the map is empty. */
export function firstEnvironment(branches: ProjectConfig["branches"]): string | null {
  return Object.values(typeof branches === "string" ? branchPresets[branches] : branches)[0] ?? null;
}

const byHand: readonly (string | null)[] = [null, "workflow_dispatch", "repository_dispatch"];
const byItself: readonly (string | null)[] = ["push", "schedule"];

/**
 * Whether a run may deploy the environment: its branch is given that environment, and the event is a push (unless
 * `autoDeploy` is false) or a person. A pull request, a merge queue and a tag are only checked.
 *
 * @param names what the environment may be called in `branches`: its name and the prefix of its file
 */
export function isDeployedBy(
  { branch, event }: Occasion,
  branches: ProjectConfig["branches"],
  names: readonly string[],
  autoDeploy: boolean,
): boolean {
  const environment = branch === null ? null : environmentOfBranch(branches, branch);
  if (environment === null || !names.includes(environment)) return false;
  return byHand.includes(event) || (autoDeploy && byItself.includes(event));
}
