import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Refusal } from "@sluice/documents";
import { detectProject } from "./detect.ts";
import { firstFiles, type NewFile } from "./files.ts";

/** What `init` did, or would do. */
export interface FirstConfiguration {
  files: NewFile[];
  /** Files that were there and were kept. */
  skipped: string[];
  /** What could not be seen and is for a person to write. */
  notes: string[];
}

/**
 * Writes the first configuration; files that are there are kept unless `force` is set.
 *
 * @throws Refusal `config.input-invalid` when nothing in the repository says how a service is started,
 *   `config.unreadable` when a file cannot be written
 */
export async function writeFirstConfiguration(
  root: string,
  { force, dryRun }: { force: boolean; dryRun: boolean },
): Promise<FirstConfiguration> {
  const project = await detectProject(root);
  if (project.services.length === 0)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `No service was found in ${root}: no package.json has a \`start\` script, no Dockerfile a CMD, and no Go module a main.go.`,
      remedy:
        "Add one of them, or write `.deploy/project.yaml` by hand; docs/reference/configuration.md has its keys.",
    });
  const files: NewFile[] = [];
  const skipped: string[] = [];
  for (const file of firstFiles(project)) {
    if (dryRun || (await write(join(root, file.path), file.content, force))) files.push(file);
    else skipped.push(file.path);
  }
  return { files, skipped, notes: project.notes };
}

/** @returns false when the file is there and is kept */
async function write(path: string, content: string, force: boolean): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { flag: force ? "w" : "wx" });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST" && !force) return false;
    throw new Refusal(
      {
        reasonCode: "config.unreadable",
        message: `${path} cannot be written: ${(cause as Error).message}.`,
        remedy: "Give this user the right to write it.",
      },
      { cause },
    );
  }
}
