import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Event, type NewEvent, Refusal } from "@sluice/documents";
import type { JournalStore } from "@sluice/ports";
import { reasonOf, remedyOf, syncDirectory, writeFully } from "./atomic-file.ts";
import { LockBusy, withFileLock } from "./file-lock.ts";
import { JournalFile } from "./journal-file.ts";

/**
 * The journal of one environment in one file of JSON lines, shared by every process of the machine.
 *
 * One line is one append: an event, or an array when several events belong together, so that after
 * a crash there are all of them or none. An append holds a lock file for a few milliseconds,
 * compares the newest sequence, writes, and flushes to the disk before it reports success. When the
 * disk is full the file is cut back to where it was. A last line that a crash left unfinished is cut
 * off by the next append, and its bytes are kept beside it in `<path>.torn`.
 */
export function fileJournalStore(path: string): JournalStore {
  const file = new JournalFile(resolve(path));

  return {
    async read() {
      return file.read();
    },

    async append(events, after) {
      if (events.length === 0) return [];
      try {
        if (!existsSync(dirname(file.path))) mkdirSync(dirname(file.path), { recursive: true });
        return await withFileLock(`${file.path}.lock`, () => appendLocked(file, events, after));
      } catch (error) {
        throw error instanceof Refusal ? error : unwritable(file.path, error);
      }
    },
  };
}

function appendLocked(
  file: JournalFile,
  events: readonly NewEvent[],
  after: number,
): readonly Event[] | "conflict" {
  const isNew = !existsSync(file.path);
  const handle = openSync(file.path, isNew ? "wx+" : "r+", 0o644);
  try {
    file.mend(handle);
    const known = file.read(handle);
    if ((known.at(-1)?.sequence ?? 0) !== after) return "conflict";

    const stored = events.map(
      (event, index) => ({ schema: "sluice/event/v1", sequence: after + index + 1, ...event }) as Event,
    );
    const line = Buffer.from(`${JSON.stringify(stored.length === 1 ? stored[0] : stored)}\n`);
    const end = fstatSync(handle).size;
    try {
      writeFully(handle, line, end);
      fsyncSync(handle);
    } catch (error) {
      ftruncateSync(handle, end);
      throw error;
    }
    if (isNew) syncDirectory(dirname(file.path));
    return file.read(handle).slice(-stored.length);
  } finally {
    closeSync(handle);
  }
}

function unwritable(path: string, error: unknown): Refusal {
  const busy = error instanceof LockBusy;
  return new Refusal(
    {
      reasonCode: "run.journal-unwritable",
      message: busy
        ? `The journal ${path} cannot be written: another process (${error.holder}) is writing to it and does not end.`
        : `The journal ${path} cannot be written: ${reasonOf(error)}.`,
      remedy: busy
        ? `Look at that process; if it is stopped, continue or end it, and run this again.`
        : remedyOf(error),
      location: { file: path },
    },
    { cause: error },
  );
}
