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
