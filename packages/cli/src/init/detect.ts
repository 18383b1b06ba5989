import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";

/** A service as far as its files tell. */
export interface FoundService {
  name: string;
  /** Relative to the repository; `.` for the root. */
  path: string;
  /** Argument list that starts it; null when no file says so. */
  command: string[] | null;
  scripts: readonly string[];
  hasLockFile: boolean;
}

export interface FoundProject {
  name: string;
  services: FoundService[];
  /** Folder of files named `V<version>__<name>.sql`; null when there is none. */
  migrations: string | null;
  /** Whether the root has a lock file of npm, so that everything is installed there, once. */
  installsAtRoot: boolean;
}

/** Looks at a repository and says what it contains; nothing is asked and nothing is run. */
export async function detectProject(root: string): Promise<FoundProject> {
  const folders = await foldersOf(root, 3);
  const services: FoundService[] = [];
  for (const folder of folders) {
    const service = await detectService(root, folder);
    if (service) services.push(service);
  }
  // A root that only holds workspaces starts nothing itself; one that starts something is the service.
  const inside = services.filter((service) => service.path !== ".");
  const names = await filesOf(root);
  return {
    name: toName(await nameOf(root)),
    services: inside.length > 0 ? inside : services,
    migrations: await findMigrations(root, folders),
    installsAtRoot: names.includes("package-lock.json"),
  };
}

async function detectService(root: string, folder: string): Promise<FoundService | null> {
  const files = await filesOf(folder);
  const manifest = files.includes("package.json") ? await readManifest(folder) : null;
  const start = manifest?.scripts?.start;
  const dockerfile = files.find((name) => name === "Dockerfile");
  const command = start ? start.split(/\s+/) : dockerfile ? await commandOf(join(folder, dockerfile)) : null;
  if (!command) return null;
  return {
    name: toName(manifest?.name ?? basename(folder)),
    path: relative(root, folder) || ".",
    command,
    scripts: Object.keys(manifest?.scripts ?? {}),
    hasLockFile: files.includes("package-lock.json"),
  };
}

/** The last CMD of a Dockerfile in its list form. */
async function commandOf(dockerfile: string): Promise<string[] | null> {
  const lines = (await readFile(dockerfile, "utf8")).split("\n").filter((line) => /^\s*CMD\s*\[/i.test(line));
  const list = lines.at(-1)?.replace(/^\s*CMD\s*/i, "");
  try {
    const parsed: unknown = JSON.parse(list ?? "");
    return Array.isArray(parsed) && parsed.every((part) => typeof part === "string") ? parsed : null;
  } catch {
    return null;
  }
}

async function findMigrations(root: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders)
    if ((await filesOf(folder)).some((name) => /^V[0-9.]+__.+\.sql$/.test(name)))
      return relative(root, folder);
  return null;
}

interface Manifest {
  name?: string;
  scripts?: Record<string, string>;
}

async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return null;
  }
}

async function nameOf(root: string): Promise<string> {
  return (await readManifest(root))?.name ?? basename(root);
}

/** Letters, digits and hyphens, as names of services are written; a scope is left out. */
const toName = (text: string): string =>
  text
    .replace(/^@[^/]*\//, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "") || "app";

const passedOver = new Set(["node_modules", "dist", "out", "coverage", "vendor", "target"]);

/** The folder itself and those below it, without hidden ones and what tools write, in a stable order. */
async function foldersOf(root: string, depth: number): Promise<string[]> {
  if (depth < 0) return [];
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const below = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !passedOver.has(entry.name))
    .map((entry) => join(root, entry.name))
    .sort();
  return [root, ...(await Promise.all(below.map((folder) => foldersOf(folder, depth - 1)))).flat()];
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}
