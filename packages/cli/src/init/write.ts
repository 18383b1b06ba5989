import { access, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Refusal } from "@sluice/documents";
import { detectProject } from "./detect.ts";
import { firstFiles, type NewFile } from "./files.ts";

/**
 * Writes the first configuration; files that are there are kept unless `force` is set.
 *
 * @throws Refusal `config.input-invalid` when nothing in the repository says how a service is started
 */
export async function writeFirstConfiguration(
  root: string,
  { force, dryRun }: { force: boolean; dryRun: boolean },
): Promise<{ files: NewFile[]; skipped: string[] }> {
  const project = await detectProject(root);
  if (project.services.length === 0)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `No service was found in ${root}: no package.json has a \`start\` script and no Dockerfile a CMD in list form.`,
      remedy:
        "Add one of them, or write `.deploy/project.yaml` by hand; the reference of its keys is in `docs/`.",
    });
  const files: NewFile[] = [];
  const skipped: string[] = [];
  for (const file of firstFiles(project)) {
    const path = join(root, file.path);
    if (!force && !dryRun && (await exists(path))) {
      skipped.push(file.path);
      continue;
    }
    if (!dryRun) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.content);
    }
    files.push(file);
  }
  return { files, skipped };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
