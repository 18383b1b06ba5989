import { readNpmLock } from "./npm.ts";
import type { Inventory } from "./package.ts";
import { readGoMod, readRequirements } from "./plain-lists.ts";
import { readTomlLock } from "./toml-lock.ts";

type Reader = (file: string, text: string) => Inventory;

const readers: readonly [name: RegExp, reader: Reader][] = [
  [/^(?:package-lock|npm-shrinkwrap)\.json$/, readNpmLock],
  [/^(?:poetry|uv|pdm)\.lock$/, (file, text) => readTomlLock(file, text, "PyPI")],
  [/^requirements[\w.-]*\.txt$/, readRequirements],
  [/^go\.mod$/, readGoMod],
  [/^Cargo\.lock$/, (file, text) => readTomlLock(file, text, "crates.io")],
];

/** Lock files that are known by name and cannot be read yet: to leave them out silently would be a lie. */
const unreadable =
  /^(?:yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Pipfile\.lock|composer\.lock|Gemfile\.lock|packages\.lock\.json|gradle\.lockfile)$/;

const baseName = (file: string): string => file.slice(file.lastIndexOf("/") + 1);

/** Whether a file of this name is a lock file, and whether it can be read. */
export function lockFileKind(file: string): "readable" | "unreadable" | null {
  const name = baseName(file);
  if (readers.some(([pattern]) => pattern.test(name))) return "readable";
  return unreadable.test(name) ? "unreadable" : null;
}

/**
 * Reads a lock file by its name.
 *
 * @throws Refusal `scan.lockfile-invalid` when its content cannot be read
 * @throws RangeError for a file that `lockFileKind` does not call readable
 */
export function readLockFile(file: string, text: string): Inventory {
  const reader = readers.find(([pattern]) => pattern.test(baseName(file)))?.[1];
  if (!reader) throw new RangeError(`${file} is no lock file that can be read`);
  return reader(file, text);
}
