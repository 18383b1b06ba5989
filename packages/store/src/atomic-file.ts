import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Refusal } from "@sluice/documents";

/**
 * Writes a file so that at every moment, also after a loss of power, there is either the old
 * content or the new one: a new file beside it, flushed to the disk, then renamed over it.
 *
 * @param mode permissions of the file, `0o600` when only the owner may read it
 * @throws Refusal `run.file-unwritable` when the disk is full or the place cannot be written; the old content stays
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${nextNumber()}.new`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, "wx", mode);
    try {
      writeFully(file, typeof content === "string" ? Buffer.from(content) : content, null);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (error) {
    removeIfThere(temporary);
    throw new Refusal(
      {
        reasonCode: "run.file-unwritable",
        message: `${path} cannot be written: ${reasonOf(error)}.`,
        remedy: remedyOf(error),
        location: { file: path },
      },
      { cause: error },
    );
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // the place itself is the problem, and the first error has said so
  }
}

let count = 0;
const nextNumber = () => ++count;

/** Writes every byte: one call may take only some of them, as on a disk that is almost full. */
export function writeFully(file: number, bytes: Uint8Array, position: number | null): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, position === null ? null : position + done);
}

/** Makes a new name in a directory survive a loss of power. Not every file system can; then it is not needed. */
export function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch {
    // network file systems and some systems refuse to flush a directory
  }
}

const reasons: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EFBIG: "the file would be larger than is allowed",
  EROFS: "the file system is read-only",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EEXIST: "a part of the path is not a directory",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "it is a directory",
  EIO: "the disk reports an error",
};

/** Why the system refused, in words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

/** What to do about it. */
export function remedyOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOSPC" || code === "EDQUOT")
    return "Free some space and run this again: nothing was lost and nothing is half written.";
  if (code === "EFBIG") return "Raise the limit of the file size (`ulimit -f`) and run this again.";
  return "Make the place writable for the user that runs Sluice, or name another one with `--state-dir` or `--out`.";
}
