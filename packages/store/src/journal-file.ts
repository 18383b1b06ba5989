import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, type Stats } from "node:fs";
import { Event, Refusal } from "@sluice/documents";
import { writeFully } from "./atomic-file.ts";

const NEW_LINE = 0x0a;

/**
 * The file of a journal as this process knows it. What was read once is not read again: a journal
 * only grows, so each look reads the new end alone. When the file is another one than before (its
 * inode changed, it became shorter, or it was edited in place) everything is read anew.
 */
export class JournalFile {
  readonly path: string;
  private events: readonly Event[] = [];
  /** Bytes and lines that were understood, always up to the end of a whole line. */
  private bytes = 0;
  private lines = 0;
  private seen: Pick<Stats, "ino" | "size" | "mtimeMs"> | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Every event of the whole lines of the file; a last line that is not finished is not there yet.
   *
   * @throws Refusal `run.journal-broken` with file and line
   */
  read(handle?: number): readonly Event[] {
    if (handle !== undefined) return this.readFrom(handle);
    let opened: number;
    try {
      opened = openSync(this.path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return this.forget();
      throw broken(this.path, undefined, `It cannot be read: ${(error as Error).message}.`);
    }
    try {
      return this.readFrom(opened);
    } finally {
      closeSync(opened);
    }
  }

  private readFrom(handle: number): readonly Event[] {
    const now = fstatSync(handle);
    const before = this.seen;
    const isSame = before?.ino === now.ino && before.size === now.size && before.mtimeMs === now.mtimeMs;
    if (isSame) return this.events;
    if (before && (before.ino !== now.ino || now.size <= before.size)) this.forget();

    const tail = readRange(handle, this.bytes, now.size);
    const end = tail.lastIndexOf(NEW_LINE) + 1;
    const texts = tail.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
    const fresh: Event[] = [];
    let expected = (this.events.at(-1)?.sequence ?? 0) + 1;
    for (const [index, text] of texts.entries())
      for (const event of parseLine(this.path, this.lines + index + 1, text)) {
        if (event.sequence !== expected)
          throw broken(
            this.path,
            this.lines + index + 1,
            `The event has number ${event.sequence} where ${expected} belongs.`,
          );
        fresh.push(event);
        expected++;
      }
    this.events = Object.freeze([...this.events, ...fresh]);
    this.bytes += end;
    this.lines += texts.length;
    this.seen = { ino: now.ino, size: now.size, mtimeMs: now.mtimeMs };
    return this.events;
  }

  /**
   * Cuts off a last line that was never finished and keeps its bytes in `<path>.torn`. Only for the
   * holder of the write lock: without it, that line may be somebody's write under way.
   */
  mend(handle: number): void {
    const { size } = fstatSync(handle);
    if (size === 0) return;
    if (readRange(handle, size - 1, size)[0] === NEW_LINE) return;
    const all = readRange(handle, 0, size);
    const end = all.lastIndexOf(NEW_LINE) + 1;
    keepTorn(`${this.path}.torn`, all.subarray(end));
    ftruncateSync(handle, end);
    fsyncSync(handle);
  }

  private forget(): readonly Event[] {
    this.events = [];
    this.bytes = 0;
    this.lines = 0;
    this.seen = null;
    return this.events;
  }
}

/** On a full disk there is no room for the torn bytes; they were never acknowledged, so mending goes on. */
function keepTorn(path: string, bytes: Uint8Array): void {
  try {
    const handle = openSync(path, "a", 0o644);
    try {
      writeFully(handle, bytes, null);
      writeFully(handle, Buffer.from("\n"), null);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EFBIG") throw error;
  }
}

function readRange(handle: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  let done = 0;
  while (done < buffer.length) {
    const count = readSync(handle, buffer, done, buffer.length - done, from + done);
    if (count === 0) break; // cut off meanwhile
    done += count;
  }
  return buffer.subarray(0, done);
}

function parseLine(path: string, line: number, text: string): Event[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw broken(path, line, "The line is not JSON.");
  }
  return (Array.isArray(content) ? content : [content]).map((value) => {
    const parsed = Event.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw broken(path, line, `It is not an event: ${issue?.path.join(".") || "event"}: ${issue?.message}.`);
  });
}

function broken(file: string, line: number | undefined, what: string): Refusal {
  return new Refusal({
    reasonCode: "run.journal-broken",
    message: `The journal cannot be read. ${what}`,
    remedy:
      "Somebody edited the file, the disk damaged it, or a newer Sluice wrote it.\n" +
      "Use the newest version; otherwise restore the file, or move it away: the next run begins a new one, and reads what serves now from the target.",
    location: { file, ...(line === undefined ? {} : { line }) },
  });
}
