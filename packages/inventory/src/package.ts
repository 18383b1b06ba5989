import type { Location } from "@sluice/documents";
import { PackageURL } from "packageurl-js";

/** Ecosystems by the names that OSV gives them. */
export type Ecosystem = "npm" | "PyPI" | "Go" | "crates.io";

/** One version of a package, as a lock file fixes it. */
export interface Package {
  ecosystem: Ecosystem;
  name: string;
  version: string;
  /** Asked for by the project itself. */
  isDirect: boolean;
  /** Needed for development only. */
  isDevelopment: boolean;
  /** Where the lock file names it. */
  location: Location & { line: number };
  /** Digest of what the registry delivers. */
  hash: { algorithm: "SHA-256" | "SHA-384" | "SHA-512" | "SHA-1"; hex: string } | null;
  license: string | null;
  /** Keys of the packages it needs, as `keyOf` writes them. */
  needs: readonly string[];
}

/** What one lock file holds. */
export interface Inventory {
  file: string;
  ecosystem: Ecosystem;
  packages: readonly Package[];
  /** Keys of what the project itself needs; by directory of each workspace, `""` for the root. */
  roots: ReadonlyMap<string, { name: string | null; needs: readonly string[] }>;
  /** What could not be taken in, in words. */
  notes: readonly string[];
}

/** Identity of a version of a package: the same key is the same code. */
export const keyOf = ({
  ecosystem,
  name,
  version,
}: Pick<Package, "ecosystem" | "name" | "version">): string => `${ecosystem}/${name}@${version}`;

const purlType = { npm: "npm", PyPI: "pypi", Go: "golang", "crates.io": "cargo" } as const;

/** Package URL (https://github.com/package-url/purl-spec): the name of a package in SBOMs. */
export function packageUrl({
  ecosystem,
  name,
  version,
}: Pick<Package, "ecosystem" | "name" | "version">): string {
  const slash = ecosystem === "npm" || ecosystem === "Go" ? name.lastIndexOf("/") : -1;
  const namespace = slash === -1 ? undefined : name.slice(0, slash);
  return new PackageURL(
    purlType[ecosystem],
    namespace,
    name.slice(slash + 1),
    version,
    undefined,
    undefined,
  ).toString();
}

/** The name by which an ecosystem knows a package: PyPI does not tell `My_Package` from `my-package` (PEP 503). */
export const normalName = (ecosystem: string, name: string): string =>
  ecosystem === "PyPI" ? name.toLowerCase().replace(/[-_.]+/g, "-") : name;

/**
 * The shortest way from the project to a package, both ends included.
 *
 * @returns keys of the packages on the way; empty when nothing leads there
 */
export function pathTo(inventory: Inventory, key: string): readonly string[] {
  const byKey = new Map(inventory.packages.map((entry) => [keyOf(entry), entry]));
  const from = new Map<string, string | null>();
  const queue: string[] = [];
  for (const { needs } of inventory.roots.values()) {
    for (const need of needs) {
      if (from.has(need)) continue;
      from.set(need, null);
      queue.push(need);
    }
  }
  for (let head = 0; head < queue.length && !from.has(key); head++) {
    for (const need of byKey.get(queue[head]!)?.needs ?? []) {
      if (from.has(need)) continue;
      from.set(need, queue[head]!);
      queue.push(need);
    }
  }
  if (!from.has(key)) return [];
  const path: string[] = [];
  for (let step: string | null = key; step !== null; step = from.get(step) ?? null) path.unshift(step);
  return path;
}
