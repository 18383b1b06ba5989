import { type Location, type Problem, Refusal, type RefusalProblem } from "@sluice/documents";
import type { z } from "zod";
import { checkEnvironment } from "./checks/environment.ts";
import { type Finding, toProblem } from "./checks/finding.ts";
import { checkProject } from "./checks/project.ts";
import { problemsOf } from "./issues.ts";
import { EnvironmentConfig } from "./schema/environment.ts";
import { ProjectConfig } from "./schema/project.ts";
import { type Path, readYaml } from "./yaml.ts";

/** A configuration with what is worth saying about it and the way back to its lines. */
export interface Parsed<T> {
  config: T;
  file: string;
  warnings: Problem[];
  locate(path: Path): Location;
}

/**
 * Reads `.deploy/<prefix>-config.yaml`.
 *
 * @param file path for the messages; its prefix names the environment when the text does not
 * @throws Refusal with every problem of the file: syntax first, then shape, then what does not fit together
 */
export function parseEnvironmentConfig(text: string, file: string): Parsed<EnvironmentConfig> {
  const parsed = parse(EnvironmentConfig, text, file, checkEnvironment);
  return {
    ...parsed,
    config: { ...parsed.config, environment: parsed.config.environment ?? prefixOf(file) },
  };
}

/**
 * Reads `.deploy/project.yaml`.
 *
 * @throws Refusal with every problem of the file: syntax first, then shape, then what does not fit together
 */
export function parseProjectConfig(text: string, file: string): Parsed<ProjectConfig> {
  return parse(ProjectConfig, text, file, checkProject);
}

/** What stands before `-config.yaml` in the name of a file: `production`. */
export function prefixOf(file: string): string {
  return (file.split("/").at(-1) ?? file).replace(/-config\.ya?ml$/, "");
}

function parse<S extends z.ZodType>(
  schema: S,
  text: string,
  file: string,
  check: (config: z.output<S>, written: Record<string, unknown>) => Finding[],
): Parsed<z.output<S>> {
  const yaml = readYaml(text, file);
  // An empty file is an environment with all defaults, not a mistake of type.
  const value = yaml.value ?? {};
  const result = schema.safeParse(value);
  if (!result.success) throw refusal(problemsOf(result.error.issues, { ...yaml, value }, schema));
  const problems = check(result.data, value as Record<string, unknown>).map((finding) =>
    toProblem(finding, yaml.locate),
  );
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw refusal(errors);
  return { config: result.data, file, warnings: problems, locate: (path) => yaml.locate(path) };
}

/** Problems in the order of the lines, as one refusal. */
function refusal(problems: readonly RefusalProblem[]): Refusal {
  const ordered = problems.toSorted(
    (a, b) =>
      (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
      (a.location?.column ?? 0) - (b.location?.column ?? 0),
  );
  return new Refusal(ordered as [RefusalProblem, ...RefusalProblem[]]);
}
