import { access, constants, mkdir } from "node:fs/promises";
import { type LoadedConfig, loadConfig } from "@sluice/config";
import { ping } from "@sluice/database";
import { Refusal } from "@sluice/documents";
import { which } from "@sluice/process";
import { configFilesOf } from "./config-files.ts";
import { stateRoot } from "./state-root.ts";

/** One thing that was looked at. `absent` is missing too, but nothing here needs it. */
export interface Examination {
  what: string;
  state: "ok" | "missing" | "absent";
  found: string;
  remedy: string;
}

export interface ExamineOptions {
  directory: string;
  configDirectory: string;
  environment?: string;
  stateDirectory: string;
  variables: NodeJS.ProcessEnv;
}

/** Looks at everything that Sluice needs on this machine, and says how to get what is missing. */
export async function examine(options: ExamineOptions): Promise<Examination[]> {
  const config = options.environment ? await examineConfig(options, options.environment) : null;
  const loaded = config?.loaded;
  return [
    node(),
    tool(
      "git",
      true,
      "Install it with the package manager of the system (`apt-get install git`, `brew install git`).",
    ),
    tool(
      "docker",
      false,
      "It is needed only for images; archives for the local target are built without it.",
    ),
    tool(
      "kubectl",
      loaded?.environment.target === "kubernetes",
      "https://kubernetes.io/docs/tasks/tools/ says how to install it.",
    ),
    tool(
      "pg_dump",
      false,
      "Without it the backup before a migration is a logical one that Sluice makes itself.",
    ),
    ...(config ? [config.examination] : []),
    await stateFolder(options, loaded?.project.name ?? "project"),
    ...(loaded?.project.database ? [await database(loaded, options.variables)] : []),
  ];
}

function node(): Examination {
  const major = Number(process.versions.node.split(".")[0]);
  return {
    what: "node",
    state: major >= 20 ? "ok" : "missing",
    found: `Node ${process.versions.node}, at least 20 is needed`,
    remedy: "Install Node 24 from https://nodejs.org or with the version manager that you use.",
  };
}

function tool(name: string, isNeeded: boolean, remedy: string): Examination {
  const path = which(name);
  if (path) return { what: name, state: "ok", found: path, remedy };
  return { what: name, state: isNeeded ? "missing" : "absent", found: "not on the PATH", remedy };
}

async function examineConfig(
  { directory, configDirectory }: ExamineOptions,
  environment: string,
): Promise<{ examination: Examination; loaded?: LoadedConfig }> {
  const what = `configuration of ${environment}`;
  try {
    const loaded = await loadConfig(configDirectory, environment, configFilesOf(directory));
    const found = `${loaded.files.project} and ${loaded.files.environment} are valid`;
    return { loaded, examination: { what, state: "ok", found, remedy: "" } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      examination: {
        what,
        state: "missing",
        found: error.problems[0].message,
        remedy: "`sluice lint` shows every mistake with its line.",
      },
    };
  }
}

async function stateFolder(options: ExamineOptions, project: string): Promise<Examination> {
  const path = stateRoot(options, project);
  const remedy = "Name a folder that can be written with `--state-dir` or SLUICE_STATE_DIR.";
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.W_OK);
    return { what: "state directory", state: "ok", found: path, remedy };
  } catch (error) {
    return {
      what: "state directory",
      state: "missing",
      found: `${path}: ${(error as Error).message}`,
      remedy,
    };
  }
}

async function database({ project }: LoadedConfig, variables: NodeJS.ProcessEnv): Promise<Examination> {
  const name = project.database?.urlVariable ?? "DATABASE_URL";
  const url = variables[name];
  if (!url)
    return {
      what: "database",
      state: "missing",
      found: `${name} is not set`,
      remedy: `Set ${name} to the connection URL in the environment of the command.`,
    };
  try {
    const { serverVersion, database: where } = await ping(url);
    return { what: "database", state: "ok", found: `${where}, PostgreSQL ${serverVersion}`, remedy: "" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      what: "database",
      state: "missing",
      found: error.problems[0].message,
      remedy: error.problems[0].remedy ?? "",
    };
  }
}
