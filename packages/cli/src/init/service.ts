import { readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { commandLine, type Dockerfile, readDockerfile } from "./dockerfile.ts";
import { filesIn, sourcesBelow } from "./folders.ts";

/** A service as far as its files tell. */
export interface FoundService {
  name: string;
  /** Relative to the repository; `.` for the root. */
  path: string;
  /** Argument list that starts it. */
  command: string[];
  /** Commands of its build, by key of the configuration. */
  build: { install?: string[]; lint?: string[]; test?: string[]; build?: string[] };
  /** Path that answers its health check; null when no file says so. */
  healthPath: string | null;
  /** Names of environment variables, like `DATABASE_URL` and `ORDERS_URL`, that its sources speak of. */
  urlVariables: ReadonlySet<string>;
  /** Where it says which version it is, which verification asks for; null when nowhere. */
  version: "metrics" | "header" | null;
  /** What could not be seen, as sentences. */
  notes: string[];
}

export interface Manifest {
  name?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  workspaces?: unknown;
}

export async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return null;
  }
}

interface Start extends Pick<FoundService, "command" | "build" | "notes"> {
  name?: string;
  /** Packages that it depends on. */
  uses?: string[];
}

/** Folders of the packages of a repository, by the name in their package.json. */
export type Packages = ReadonlyMap<string, string>;

export async function findPackages(folders: readonly string[]): Promise<Packages> {
  const named = await Promise.all(
    folders.map(async (folder) => [(await readManifest(folder))?.name, folder] as const),
  );
  return new Map(named.flatMap(([name, folder]) => (name ? [[name, folder] as const] : [])));
}

/**
 * Looks at one folder; null when nothing in it says how a service is started.
 *
 * @param packages where the packages of the same repository are: what they answer, a service that uses them answers
 */
export async function findService(
  root: string,
  folder: string,
  packages: Packages,
): Promise<FoundService | null> {
  const files = await filesIn(folder);
  const path = relative(root, folder) || ".";
  const docker = files.includes("Dockerfile")
    ? readDockerfile(await readFile(join(folder, "Dockerfile"), "utf8"))
    : null;
  const start =
    (await startOfNode(folder, path, files)) ?? startOfGo(files, docker) ?? startOfImage(files, docker);
  if (!start) return null;
  const shared = (start.uses ?? []).flatMap((name) => packages.get(name) ?? []);
  const sources = (await Promise.all([folder, ...shared].map(sourcesBelow))).join("\n");
  return {
    name: toName(start.name ?? basename(folder)),
    path,
    command: start.command,
    build: start.build,
    notes: start.notes,
    healthPath: docker?.healthPath ?? healthPathIn(sources),
    urlVariables: new Set(sources.match(/\b[A-Z][A-Z0-9_]*_URL\b/g)),
    version: sources.includes("deployment_version")
      ? "metrics"
      : /DEPLOYMENT_VERSION|x-deployment-version/.test(sources)
        ? "header"
        : null,
  };
}

async function startOfNode(folder: string, path: string, files: readonly string[]): Promise<Start | null> {
  const manifest = files.includes("package.json") ? await readManifest(folder) : null;
  const start = manifest?.scripts?.start;
  if (!manifest || !start) return null;
  const run = (script: string) => (manifest.scripts?.[script] ? { [script]: ["npm", "run", script] } : {});
  const hasLockFile = files.includes("package-lock.json");
  const uses = Object.keys(manifest.dependencies ?? {});
  return {
    ...(manifest.name ? { name: manifest.name } : {}),
    uses,
    command: commandLine(start),
    build: {
      ...(hasLockFile && path !== "." ? { install: ["npm", "ci"] } : {}),
      ...run("lint"),
      ...run("test"),
      ...run("build"),
    },
    notes:
      uses.length > 0 && !hasLockFile && path !== "."
        ? [
            `its packages are installed at the root, so they are not part of the artifact of ${path}: bundle them in its build, and name the folder as \`build.output\``,
          ]
        : [],
  };
}

function startOfGo(files: readonly string[], docker: Dockerfile | null): Start | null {
  if (!files.includes("go.mod") || !files.includes("main.go")) return null;
  return {
    command: ["./service", ...(docker?.command ?? []).slice(1)],
    build: {
      lint: ["go", "vet", "./..."],
      test: ["go", "test", "./..."],
      build: ["go", "build", "-o", "service", "."],
    },
    notes: [],
  };
}

function startOfImage(files: readonly string[], docker: Dockerfile | null): Start | null {
  if (!docker?.command) return null;
  const notes: string[] = [];
  const [program = ""] = docker.command;
  if (program.startsWith("/"))
    notes.push(
      `its command \`${program}\` is a path inside of the image; write what starts it outside of one to deploy it to the local target`,
    );
  const isPython = files.some((name) => name === "pyproject.toml" || name.startsWith("requirements"));
  if (isPython) notes.push("nothing installs its Python packages outside of the image; add `build.install`");
  return { command: docker.command, build: {}, notes };
}

const healthPathIn = (sources: string): string | null =>
  /["'`](\/(?:[\w-]+\/)?(?:health|healthz|livez|readyz|ready|ping|up))["'`]/.exec(sources)?.[1] ?? null;

/** Letters, digits and hyphens, as names of services are written; a scope is left out. */
export const toName = (text: string): string =>
  text
    .replace(/^@[^/]*\//, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "") || "app";
