import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

const passedOver = new Set([
  ...["node_modules", "dist", "out", "build", "coverage", "vendor", "target", "venv", "__pycache__"],
  ...["test", "tests", "fixtures", "examples", "docs"],
]);

/** The folder itself and those below it, without hidden ones, tests and what tools write, in a stable order. */
export async function foldersBelow(root: string, depth: number): Promise<string[]> {
  if (depth < 0) return [];
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const below = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !passedOver.has(entry.name))
    .map((entry) => join(root, entry.name))
    .sort();
  return [root, ...(await Promise.all(below.map((folder) => foldersBelow(folder, depth - 1)))).flat()];
}

/** Names of the files of a folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

const mostFiles = 200;
const mostBytes = 200_000;

/** The text of the sources of a service, as far as it is looked at: the first 200 files of at most 200 kB. */
export async function sourcesBelow(root: string): Promise<string> {
  const folders = await foldersBelow(root, 4);
  const paths = (
    await Promise.all(
      folders.map(async (folder) => (await filesIn(folder)).map((name) => join(folder, name))),
    )
  )
    .flat()
    .filter((path) => /\.(?:[cm]?[jt]sx?|py|go|rb|java|kt|rs|cs|php)$/.test(path))
    .slice(0, mostFiles);
  const texts = await Promise.all(
    paths.map(async (path) => ((await stat(path)).size > mostBytes ? "" : readFile(path, "utf8"))),
  );
  return texts.join("\n");
}
