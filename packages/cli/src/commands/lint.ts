import { formatProblem } from "@sluice/documents";
import type { LintReport } from "@sluice/pipeline";
import { Command, Option } from "commander";
import { annotationOf } from "../annotation.ts";

interface Options {
  directory: string;
  configDir: string;
  format: "text" | "github";
  json: boolean;
}

export const lintCommand = (): Command =>
  new Command("lint")
    .description("check every configuration file and every migration, without touching any environment")
    .option("-C, --directory <folder>", "folder of the project", ".")
    .option("--config-dir <folder>", "folder of the configuration, relative to the project", ".deploy")
    .addOption(
      new Option("--format <format>", "text for people, github for annotations at the lines in a workflow")
        .choices(["text", "github"])
        .default("text"),
    )
    .option("--json", "print the problems as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ sluice lint\n  $ sluice lint -C examples/shop --json\n  $ sluice lint --format github",
    )
    .action(async (options: Options) => {
      const { lintProject } = await import("@sluice/pipeline");
      const report = await lintProject(options.directory, options.configDir);
      process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report, options));
      process.exitCode = errorsIn(report) > 0 ? 2 : 0;
    });

const errorsIn = ({ problems }: LintReport): number =>
  problems.filter(({ severity }) => severity === "error").length;

function textOf(report: LintReport, { format, directory }: Options): string {
  const { files, problems } = report;
  const errors = errorsIn(report);
  const lines = problems.map((problem) =>
    format === "github" ? annotationOf(problem, directory) : `${problem.severity}: ${formatProblem(problem)}`,
  );
  const count = `${files.length} files, ${errors} errors, ${problems.length - errors} warnings`;
  return `${[...lines, count].join("\n")}\n`;
}
