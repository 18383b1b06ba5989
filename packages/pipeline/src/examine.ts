import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type LoadedConfig, loadProject } from "@sluice/config";
import { ping } from "@sluice/database";
import { Refusal } from "@sluice/documents";
import { loadChosen } from "./chosen-environment.ts";
import { configFilesOf } from "./config-files.ts";
import type { Examination } from "./examination.ts";
import { examinePorts } from "./examine-ports.ts";
import { examineGit, examineNode, examineTool } from "./examine-tools.ts";
import { stateRoot } from "./state-root.ts";

export interface ExamineOptions {
  directory: string;
  configDirectory: string;
  environment?: string;
  stateDirectory: string;
  variables: NodeJS.ProcessEnv;
}

/**
 * Looks at everything that Sluice needs on this machine, and says how to get what is missing. With an environment
 * also at its configuration, its ports, its database and its secrets. Nothing is changed.
 */
export async function examine(options: ExamineOptions): Promise<Examination[]> {
  const { variables } = options;
  const config = options.environment ? await examineConfig(options, options.environment) : null;
  const loaded = config?.loaded;
  const state = stateRoot(options, loaded?.project.name ?? (await projectName(options)));
  return [
    examineNode(),
    await examineGit(options.directory, variables),
    examineTool(
      "docker",
      false,
      "It is needed only for images; archives for the local target are built without it.",
      variables,
    ),
    examineTool(
      "kubectl",
      loaded?.environment.target === "kubernetes",
      "https://kubernetes.io/docs/tasks/tools/ says how to install it.",
      variables,
    ),
    examineTool(
      "pg_dump",
      false,
      "Without it the backup before a migration is a logical one that Sluice makes itself.",
      variables,
    ),
    await examineState(state),
    ...(config ? [config.examination] : []),
    ...(loaded ? [...(await examinePorts(loaded, state)), ...examineSecrets(loaded, variables)] : []),
    ...(loaded?.project.database ? [await examineDatabase(loaded, variables)] : []),
  ];
}

async function examineConfig(
  { directory, configDirectory, variables }: ExamineOptions,
  environment: string,
): Promise<{ examination: Examination; loaded?: LoadedConfig }> {
  const what = `configuration of ${environment}`;
  try {
    const where = { directory, configDirectory, environment, variables };
    const { config: loaded } = await loadChosen({ ...where, purpose: "check" });
    const found = `${loaded.files.project} and ${loaded.files.environment} are valid`;
    return {
      loaded,
      examination: {
        what: `configuration of ${loaded.environment.environment}`,
        state: "ok",
        found,
        remedy: "",
      },
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const [{ message: found, remedy: own }, ...more] = error.problems;
    const remedy = more.length > 0 ? "`sluice lint` shows every mistake with its line." : (own ?? "");
    return { examination: { what, state: "missing", found, remedy } };
  }
}

/** The name that the state is kept under; that of no project where none can be read. */
async function projectName({ directory, configDirectory }: ExamineOptions): Promise<string> {
  try {
    return (await loadProject(configDirectory, configFilesOf(directory))).config.name;
  } catch (error) {
    if (error instanceof Refusal) return "";
    throw error;
  }
}

/** Whether the folder of the state is there or could be made. */
async function examineState(path: string): Promise<Examination> {
  const what = "state directory";
  try {
    await access(await nearestExisting(path), constants.W_OK | constants.X_OK);
    return { what, state: "ok", found: path, remedy: "" };
  } catch (error) {
    const found = `${path}: ${(error as Error).message}`;
    const remedy = "Name a folder that can be written with `--state-dir` or SLUICE_STATE_DIR.";
    return { what, state: "missing", found, remedy };
  }
}

/** The folder itself, or the one above it in which it would be made. @throws Error when a file is in the way */
async function nearestExisting(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return nearestExisting(dirname(path));
  }
  throw new Error(`${path} is not a folder`);
}

/** The secret variables of the services, by name alone; the one of the database is looked at on its own. */
function examineSecrets({ project }: LoadedConfig, variables: NodeJS.ProcessEnv): Examination[] {
  const names = [...new Set(project.services.flatMap(({ secrets }) => secrets))];
  return names
    .filter((name) => name !== project.database?.urlVariable)
    .map((name) =>
      variables[name]
        ? { what: `secret ${name}`, state: "ok", found: "set", remedy: "" }
        : {
            what: `secret ${name}`,
            state: "missing",
            found: "not set",
            remedy: `Set ${name} in the environment of the command.`,
          },
    );
}

async function examineDatabase(
  { project }: LoadedConfig,
  variables: NodeJS.ProcessEnv,
): Promise<Examination> {
  const what = "database";
  const name = project.database?.urlVariable ?? "DATABASE_URL";
  const url = variables[name];
  if (!url)
    return {
      what,
      state: "missing",
      found: `${name} is not set`,
      remedy: `Set ${name} to the connection URL in the environment of the command.`,
    };
  try {
    const { serverVersion, database: where } = await ping(url);
    return { what, state: "ok", found: `${where}, PostgreSQL ${serverVersion}`, remedy: "" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const [{ message, remedy }] = error.problems;
    return { what, state: "missing", found: message, remedy: remedy ?? "" };
  }
}
