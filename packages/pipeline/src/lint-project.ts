import { join, resolve } from "node:path";
import { listEnvironments, loadConfig, loadProject } from "@sluice/config";
import { lintProblems, readMigrations, scriptProblems } from "@sluice/database";
import { type Problem, Refusal } from "@sluice/documents";
import { configFilesOf } from "./config-files.ts";

export interface LintReport {
  /** Files that were read, relative to the project. */
  files: string[];
  /** By file and line; those without a place first. */
  problems: Problem[];
}

/** Checks every configuration file and every migration of a project; no environment is touched. */
export async function lintProject(directory: string, configDirectory: string): Promise<LintReport> {
  const files = configFilesOf(directory);
  const report: LintReport = { files: [`${configDirectory}/project.yaml`], problems: [] };
  const project = await collect(report, async () => {
    const parsed = await loadProject(configDirectory, files);
    report.problems.push(...parsed.warnings);
    return parsed.config;
  });
  for (const { file, prefix } of await listEnvironments(configDirectory, files)) {
    report.files.push(file);
    // Without a project only the file itself could be checked; its mistakes would hide that one.
    if (project)
      await collect(report, async () =>
        report.problems.push(...(await loadConfig(configDirectory, prefix, files)).warnings),
      );
  }
  const { database } = project ?? {};
  if (database) await collect(report, () => lintMigrations(resolve(directory), database.migrations, report));
  return { files: report.files, problems: unique(report.problems).toSorted(byPlace) };
}

async function lintMigrations(directory: string, folder: string, report: LintReport): Promise<void> {
  for (const migration of await readMigrations(join(directory, folder), directory)) {
    report.files.push(migration.file);
    report.problems.push(...scriptProblems(migration), ...lintProblems(migration));
  }
}

async function collect<T>(report: LintReport, body: () => Promise<T>): Promise<T | null> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    report.problems.push(...error.problems);
    return null;
  }
}

/** A problem of the project is found again with each environment; once is enough. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function byPlace({ location: a }: Problem, { location: b }: Problem): number {
  const byFile = compare(a?.file ?? "", b?.file ?? "");
  return byFile || (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
