import { resolve } from "node:path";
import { Command } from "commander";

interface Options {
  directory: string;
  force: boolean;
  dryRun: boolean;
  json: boolean;
}

export const initCommand = (): Command =>
  new Command("init")
    .description("write a first configuration and workflow for the repository that is found here")
    .option("-C, --directory <folder>", "folder of the project", ".")
    .option("--force", "write over files that are there", false)
    .option("--dry-run", "print the files and write nothing", false)
    .option("--json", "print what was written as JSON", false)
    .addHelpText("after", "\nExamples:\n  $ sluice init\n  $ sluice init --dry-run")
    .action(async (options: Options) => {
      const { writeFirstConfiguration } = await import("../init/write.ts");
      const written = await writeFirstConfiguration(resolve(options.directory), options);
      if (options.json) return void process.stdout.write(`${JSON.stringify(written, null, 2)}\n`);
      const { files, skipped, notes } = written;
      for (const { path, content } of files)
        process.stdout.write(options.dryRun ? `# ${path}\n${content}\n` : `wrote ${path}\n`);
      for (const path of skipped) process.stdout.write(`kept  ${path} (--force writes over it)\n`);
      for (const note of notes) process.stdout.write(`note  ${note}\n`);
      if (!options.dryRun)
        process.stdout.write("Next: `sluice plan -e dev` shows what a deployment would do.\n");
    });
