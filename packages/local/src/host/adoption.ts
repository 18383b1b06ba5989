import { setTimeout as sleep } from "node:timers/promises";
import { claimPidFile, readPidFile } from "@sluice/process";

export interface Adopted {
  pid: number;
  startTime: string;
}

/** How long a child that has begun to write its pid file may take to finish it. */
const patienceMilliseconds = 2000;

/**
 * The process that another host started under a pid file, when it still runs. Otherwise none can begin under it
 * any more: a child that is only now being started finds its pid file taken and ends.
 */
export async function adopt(pidFile: string): Promise<Adopted | null> {
  const until = performance.now() + patienceMilliseconds;
  for (;;) {
    const found = readPidFile(pidFile);
    if (typeof found === "object") return found;
    if (found === "claimed") return null;
    if (found === "none" && (claimPidFile(pidFile) || readPidFile(pidFile) === "none")) return null;
    if (performance.now() >= until) return null;
    await sleep(10);
  }
}
