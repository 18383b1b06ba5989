import { readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";

/**
 * A process as others can look it up again: machine, number, and when it was started, because
 * numbers are given out again.
 */
export interface ProcessIdentity {
  host: string;
  pid: number;
  /** Clock ticks since boot at which the process was started; empty where the system does not tell. */
  started: string;
}

/** The process that runs this code. */
export const thisProcess = (): ProcessIdentity => ({
  host: hostname(),
  pid: process.pid,
  started: startOf(process.pid),
});

/**
 * Whether a process has ended: true or false when it is certain, null when it runs on another
 * machine and cannot be asked.
 */
export function hasEnded(identity: ProcessIdentity): boolean | null {
  if (identity.host !== hostname()) return null;
  try {
    process.kill(identity.pid, 0); // signal 0 only asks
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH"; // EPERM: it runs, as another user
  }
  const started = startOf(identity.pid);
  return started !== "" && identity.started !== "" && started !== identity.started;
}

/** Field 22 of /proc/<pid>/stat (proc(5)); the name in field 2 may hold spaces and brackets. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/** An owner of a lock for a run on this machine: `anna@laptop, process 4242 (started 91882)`. */
export function localOwner(): string {
  const { host, pid, started } = thisProcess();
  return `${userName()}@${host}, process ${pid} (started ${started || "at an unknown time"})`;
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
  return hasEnded({ host, pid: Number(pid), started: /^\d+$/.test(started) ? started : "" }) === true;
}
