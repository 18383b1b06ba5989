import { formatProblem } from "@sluice/documents";
import { lintProject } from "@sluice/pipeline";
import { Command } from "commander";

interface Options {
  directory: string;
  configDir: string;
  json: boolean;
}

export const lintCommand = (): Command =>
  new Command("lint")
    .description("check every configuration file and every migration, without touching any environment")
    .option("-C, --directory <folder>", "folder of the project", ".")
    .option("--config-dir <folder>", "folder of the configuration, relative to the project", ".deploy")
    .option("--json", "print the problems as JSON", false)
    .addHelpText("after", "\nExamples:\n  $ sluice lint\n  $ sluice lint -C examples/shop --json")
    .action(async (options: Options) => {
      const { problems, files } = await lintProject(options.directory, options.configDir);
      const errors = problems.filter((problem) => problem.severity === "error").length;
      if (options.json) process.stdout.write(`${JSON.stringify({ files, problems }, null, 2)}\n`);
      else {
        for (const problem of problems)
          process.stdout.write(`${problem.severity}: ${formatProblem(problem)}\n`);
        process.stdout.write(
          `${files.length} files, ${errors} errors, ${problems.length - errors} warnings\n`,
        );
      }
      process.exitCode = errors > 0 ? 2 : 0;
    });
