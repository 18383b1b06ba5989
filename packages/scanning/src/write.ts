import { rename, rm, writeFile } from "node:fs/promises";
import { Refusal } from "@sluice/documents";

/**
 * Writes a file as a whole or not at all.
 *
 * @throws Refusal `scan.output-unwritable` when the disk is full or the place is not writable
 */
export async function writeWhole(path: string, content: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new Refusal(
      {
        reasonCode: "scan.output-unwritable",
        message: `${path} cannot be written: ${(cause as Error).message}.`,
        remedy: "Make room on the disk, or choose another output directory.",
      },
      { cause },
    );
  }
}
