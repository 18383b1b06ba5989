import { lstatSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded, type ProcessIdentity, thisProcess } from "./owner.ts";

/**
 * A lock between processes for the milliseconds of one write: a symbolic link whose target names the holder.
 *
 * Why a link and not a file made with O_EXCL: the link appears in one step together with what it
 * says, so that there is no empty lock after a crash or on a full disk, and nobody reads a half one.
 * Why not flock(2): Node has no call for it.
 *
 * A holder that was killed is found by its process number and start time. Removing its lock is the
 * delicate part: two others may both see that it is dead, and the slower one must not remove the
 * lock that the faster one took meanwhile. So the right to remove one certain lock is itself a lock,
 * under the name of that one, and who holds it looks again before removing.
 */
export async function withFileLock<T>(path: string, work: () => T, timeoutMilliseconds = 30_000): Promise<T> {
  const mine = describe(thisProcess());
  const deadline = Date.now() + timeoutMilliseconds;
  for (let attempt = 0; !tryLink(mine, path); attempt++) {
    const holder = targetOf(path);
    if (holder === null) continue; // it was released just now
    if (isStale(holder, path))
      await withFileLock(`${path}.${holder.nonce}`, () => {
        if (targetOf(path)?.text === holder.text) unlinkSync(path);
      });
    else if (Date.now() > deadline) throw new LockBusy(path, holder.text);
    else await sleep(Math.min(1 + attempt, 20));
  }
  try {
    return work();
  } finally {
    if (targetOf(path)?.text === mine) unlinkSync(path);
  }
}

/** The lock stayed in the hands of a living process for too long. */
export class LockBusy extends Error {
  readonly holder: string;

  constructor(path: string, holder: string) {
    super(`${path} is held by ${holder}`);
    this.holder = holder;
  }
}

/** A holder on another machine cannot be asked; a write takes milliseconds, so after this long it is dead. */
const FOREIGN_LIMIT_MILLISECONDS = 60_000;

interface Holder extends ProcessIdentity {
  nonce: string;
  text: string;
}

let count = 0;
const describe = ({ host, pid, started }: ProcessIdentity) =>
  `${encodeURIComponent(host)}:${pid}:${encodeURIComponent(started)}:${Date.now().toString(36)}-${pid}-${++count}`;

function tryLink(text: string, path: string): boolean {
  try {
    symlinkSync(text, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function targetOf(path: string): Holder | null {
  try {
    const text = readlinkSync(path);
    const [host = "", pid = "", started = "", nonce = ""] = text.split(":");
    return {
      host: decodeURIComponent(host),
      pid: Number(pid),
      started: decodeURIComponent(started),
      nonce,
      text,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function isStale(holder: Holder, path: string): boolean {
  const ended = hasEnded(holder);
  if (ended !== null) return ended;
  const since = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - since > FOREIGN_LIMIT_MILLISECONDS;
}
