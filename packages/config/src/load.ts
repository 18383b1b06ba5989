import { type Problem, Refusal, type RefusalProblem } from "@sluice/documents";
import { toProblem } from "./checks/finding.ts";
import { checkTogether } from "./checks/project.ts";
import { allOf, nearest, oneOf } from "./nearest.ts";
import { type Parsed, parseEnvironmentConfig, parseProjectConfig, prefixOf } from "./parse.ts";
import type { EnvironmentConfig } from "./schema/environment.ts";
import type { ProjectConfig } from "./schema/project.ts";

/** The two things that loading needs of a file system. */
export interface ConfigFiles {
  /** Text of a file; null when there is none. */
  read(path: string): Promise<string | null>;
  /** Names of the files in a directory; empty when there is none. */
  list(directory: string): Promise<readonly string[]>;
}

export interface LoadedConfig {
  project: ProjectConfig;
  environment: EnvironmentConfig;
  /** The files they came from. */
  files: { project: string; environment: string };
  warnings: Problem[];
}

/** Where the configuration of a repository is. */
export const configDirectory = ".deploy";

/**
 * Loads the project and one environment of it and checks them together.
 *
 * @param directory   of the configuration, usually `.deploy`
 * @param environment prefix of the file or the `environment` in it: `dev` and `development` both find
 *                    `dev-config.yaml` when that says `environment: development`
 * @throws Refusal with all problems of both files; `config.unreadable` without a project file;
 *         `config.unknown-environment` with the environments that exist
 */
export async function loadConfig(
  directory: string,
  environment: string,
  files: ConfigFiles,
): Promise<LoadedConfig> {
  const problems: RefusalProblem[] = [];
  const project = await collect(problems, () => loadProject(directory, files));
  const found = await collect(problems, () => findEnvironment(directory, environment, files));
  if (project && found) {
    const together = checkTogether(project.config, found.config).map((finding) =>
      toProblem(finding, (path) => found.locate(path)),
    );
    problems.push(...together.filter(({ severity }) => severity === "error"));
    if (problems.length === 0)
      return {
        project: project.config,
        environment: found.config,
        files: { project: project.file, environment: found.file },
        warnings: [...project.warnings, ...found.warnings, ...together],
      };
  }
  throw new Refusal(problems as [RefusalProblem, ...RefusalProblem[]]);
}

/** Loads `project.yaml` alone. */
export async function loadProject(directory: string, files: ConfigFiles): Promise<Parsed<ProjectConfig>> {
  const file = `${directory}/project.yaml`;
  const text = await files.read(file);
  if (text !== null) return parseProjectConfig(text, file);
  throw new Refusal({
    reasonCode: "config.unreadable",
    message: `There is no ${file}.`,
    remedy: "Run `sluice init` in the repository, or name the directory of the configuration.",
    location: { file },
  });
}

/** An environment of a repository: what it may be called and where it is. */
export interface EnvironmentFile {
  file: string;
  prefix: string;
  /** Its `environment`, or the prefix where it has none or the file cannot be understood. */
  name: string;
}

/** The environments that a directory has, by file name. */
export async function listEnvironments(directory: string, files: ConfigFiles): Promise<EnvironmentFile[]> {
  const names = (await files.list(directory)).filter((name) => /^.+-config\.ya?ml$/.test(name));
  return Promise.all(
    names.toSorted().map(async (name) => {
      const file = `${directory}/${name}`;
      const text = (await files.read(file)) ?? "";
      const written = /^environment:[ \t]*["']?([A-Za-z0-9._-]+)["']?[ \t]*(#.*)?$/m.exec(text)?.[1];
      return { file, prefix: prefixOf(name), name: written ?? prefixOf(name) };
    }),
  );
}

async function findEnvironment(
  directory: string,
  wanted: string,
  files: ConfigFiles,
): Promise<Parsed<EnvironmentConfig>> {
  const existing = await listEnvironments(directory, files);
  const byName = existing.filter(({ name }) => name === wanted);
  const found = existing.find(({ prefix }) => prefix === wanted) ?? byName[0];
  if (!found) throw unknownEnvironment(directory, wanted, existing);
  if (byName.length > 1 && found.prefix !== wanted)
    throw new Refusal({
      reasonCode: "config.contradiction",
      message: `${byName.map(({ file }) => file).join(" and ")} both say that they are \`${wanted}\`.`,
      remedy: `Ask for one by its prefix: ${oneOf(byName.map(({ prefix }) => prefix))}.`,
      location: { file: found.file, key: "environment" },
    });
  return parseEnvironmentConfig((await files.read(found.file)) ?? "", found.file);
}

function unknownEnvironment(
  directory: string,
  wanted: string,
  existing: readonly EnvironmentFile[],
): Refusal {
  const names = [...new Set(existing.flatMap(({ prefix, name }) => [prefix, name]))];
  const meant = nearest(wanted, names);
  return new Refusal({
    reasonCode: "config.unknown-environment",
    message: `There is no environment \`${wanted}\` in ${directory}.`,
    remedy:
      names.length === 0
        ? `Write ${directory}/${wanted}-config.yaml, or run \`sluice init\`.`
        : `${meant ? `Did you mean \`${meant}\`? ` : ""}There are ${allOf(names)}; a new one is a file ${directory}/${wanted}-config.yaml.`,
    location: { file: `${directory}/${wanted}-config.yaml` },
  });
}

async function collect<T>(problems: RefusalProblem[], load: () => Promise<T>): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problems.push(...error.problems);
    return null;
  }
}
