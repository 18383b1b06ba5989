import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

/** The repository whose laws are tested. */
export const root = resolve(import.meta.dirname, "../..");

const foreign = new Set(["node_modules", ".git", "dist", "out", ".build", "coverage"]);

/** Paths of the files below a folder of the repository, relative to its root, sorted. */
export async function filesBelow(folder: string, isWanted: (path: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (foreign.has(entry.name)) continue;
      const child = join(path, entry.name);
      if (entry.isDirectory()) await visit(child);
      else if (isWanted(relative(root, child))) found.push(relative(root, child));
    }
  };
  await visit(join(root, folder));
  return found.sort();
}

export const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

/** Folders directly below a folder of the repository, by name. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
