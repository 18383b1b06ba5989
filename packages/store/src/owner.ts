import { hostname, userInfo } from "node:os";
import { isGone, startTimeOf } from "@sluice/process";

/**
 * A process as others can look it up again: machine, number, and when it was started, because
 * numbers are given out again.
 */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** When it was started, as `startTimeOf` says it; empty where the system does not tell. */
  started: string;
}

let startedHere: string | undefined;

/** The process that runs this code. */
export const thisProcess = (): ProcessIdentity => {
  startedHere ??= startTimeOf(process.pid) ?? "";
  return { host: hostname(), pid: process.pid, started: startedHere };
};

/**
 * Whether a process has ended: true or false when it is certain, null when it runs on another
 * machine and cannot be asked.
 */
export const hasEnded = ({ host, pid, started }: ProcessIdentity): boolean | null =>
  host === hostname() ? isGone(pid, started) : null;

const unknownStart = "at an unknown time";

/** An owner of a lock for a run on this machine: `anna@laptop, process 4242 (started 91882)`. */
export function localOwner(): string {
  const { host, pid, started } = thisProcess();
  return `${userName()}@${host}, process ${pid} (started ${started || unknownStart})`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`; // a container may run as a user without a name
  }
}

/** True when an owner made by `localOwner` certainly does not run any more: its lock may be taken over. */
export function isOwnerGone(owner: string): boolean {
  const match = /@([^,]+), process (\d+) \(started ([^)]*)\)$/.exec(owner);
  if (!match) return false;
  const [, host, pid, started] = match as unknown as [string, string, string, string];
  return hasEnded({ host, pid: Number(pid), started: started === unknownStart ? "" : started }) === true;
}
