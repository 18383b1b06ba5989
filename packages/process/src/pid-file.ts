import { readFileSync, writeFileSync } from "node:fs";
import { isAlive, parseProcStat } from "./identity.ts";

/**
 * Shell lines that a child runs before it becomes the program: they write its id and start time into "$0", and
 * end it when the file is there already. So there is never a program that its pid file does not know, however
 * early the process that started it is killed, and whoever writes the file first decides (see `claimPidFile`).
 */
export const pidFileScript =
  'set -C; { echo $$; if [ -r /proc/$$/stat ]; then read -r s < /proc/$$/stat; echo "$s"; else LC_ALL=C TZ=UTC ps -o lstart= -p $$; fi; echo end; } > "$0" || exit 111; set +C';

/** What a pid file says: a process that may still run, a start that was called off, or nothing (yet). */
export type PidFile = { pid: number; startTime: string } | "claimed" | "incomplete" | "none";

/** Reads the pid file of a child. A process that has ended reads as `"none"`. */
export function readPidFile(file: string): PidFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return "none";
  }
  if (text === claim) return "claimed";
  const [pidLine = "", stat = "", end] = text.split("\n");
  if (end !== "end") return "incomplete";
  const pid = Number(pidLine);
  const startTime = parseProcStat(stat)?.startTime ?? stat.trim().split(/\s+/).join(" ");
  return isAlive(pid, startTime) ? { pid, startTime } : "none";
}

/**
 * Calls off a start of which nothing is known: afterwards no process can begin under this pid file.
 *
 * @returns false when a process was faster: read the file again
 */
export function claimPidFile(file: string): boolean {
  try {
    writeFileSync(file, claim, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

const claim = "called off\n";
