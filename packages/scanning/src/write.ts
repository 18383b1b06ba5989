import { Refusal } from "@sluice/documents";
import { reasonOf, remedyOf, writeFileAtomic } from "@sluice/store";

/**
 * Writes a file as a whole or not at all.
 *
 * @throws Refusal `scan.output-unwritable` when the disk is full or the place is not writable
 */
export function writeWhole(path: string, content: string): void {
  try {
    writeFileAtomic(path, content);
  } catch (cause) {
    throw new Refusal(
      {
        reasonCode: "scan.output-unwritable",
        message: `${path} cannot be written: ${reasonOf(cause)}.`,
        remedy: remedyOf(cause),
      },
      { cause },
    );
  }
}
