import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * When a process started, as an opaque text: two processes that get the same id one after the other have
 * different ones. Clock ticks since boot from /proc/<pid>/stat (proc(5), field 22) on Linux, the date that
 * `ps` prints elsewhere.
 *
 * @returns null when there is no such process, or when it has ended and only waits to be collected (a zombie)
 */
export function startTimeOf(pid: number): string | null {
  return process.platform === "linux" ? (procStat(pid)?.startTime ?? null) : psStartTime(pid);
}

/** Whether the process that had this id when it was noted still runs. */
export function isAlive(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime;
}

/**
 * Whether the process that had this id when it was noted has certainly ended: for taking over what it held, where
 * a doubt must count as alive. `isAlive` asks the same of a process of our own.
 *
 * @param startTime what `startTimeOf` said then; empty when it was not known
 */
export function isGone(pid: number, startTime: string): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH"; // EPERM: it runs, as another user
  }
  const seen = startTimeOf(pid);
  // A zombie has ended. What cannot be looked at, because /proc hides what belongs to others, may run.
  if (seen === null) return isReadable(pid);
  return startTime !== "" && seen !== startTime;
}

/** Whether any process of the group still runs; zombies do not count. */
export function isGroupAlive(pgid: number): boolean {
  try {
    process.kill(-pgid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // The kernel counts zombies as members. Where a container has no init that collects them they stay for ever.
  if (process.platform !== "linux") return true;
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && procStat(Number(name))?.group === pgid);
}

function isReadable(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`).length > 0;
  } catch {
    return false;
  }
}

function procStat(pid: number): { startTime: string; group: number } | null {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null;
  }
}

/**
 * Reads one line of /proc/<pid>/stat; the name of the program is in parentheses and may contain anything.
 *
 * @returns null for a zombie. One whose other threads still run is none: it holds its files and locks.
 */
export function parseProcStat(line: string): { startTime: string; group: number } | null {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, , group] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined || state === "X") return null;
  if (state === "Z" && Number(fields[17]) <= 1) return null;
  return { startTime, group: Number(group) };
}

function psStartTime(pid: number): string | null {
  try {
    const line = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const [state, ...start] = line.split(/\s+/);
    return !state || state.startsWith("Z") ? null : start.join(" ");
  } catch {
    return null;
  }
}
