import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Artifact, digestOf } from "@sluice/documents";
import { run } from "@sluice/process";

/**
 * Packs a service of one file, as a build would.
 *
 * @param file      the program; it has the same name in the archive
 * @param directory where the archive is written
 */
export async function packService(file: string, directory: string): Promise<Artifact> {
  const reference = join(directory, "service.tar.gz");
  await run(["tar", "-czf", reference, "-C", dirname(file), basename(file)]);
  const archive = await readFile(reference);
  return { kind: "archive", reference, digest: digestOf(archive), tags: [], bytes: archive.length };
}
