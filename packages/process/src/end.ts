import { setTimeout as sleep } from "node:timers/promises";
import { isGroupAlive } from "./identity.ts";

/** Sends a signal to every process of a group; a group that is gone is fine. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pgid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Ends a process group: SIGTERM, then SIGKILL after the grace period. Resolves when none of it runs any more.
 *
 * @param pgid id of the group, which is the id of the process that `run`, `startProcess` began it with
 * @returns whether SIGKILL was needed
 */
export async function endProcess(
  pgid: number,
  { graceSeconds }: { graceSeconds: number },
): Promise<"ended" | "killed"> {
  signalGroup(pgid, "SIGTERM");
  if (await groupIsGone(pgid, graceSeconds)) return "ended";
  signalGroup(pgid, "SIGKILL");
  await groupIsGone(pgid, 10);
  return "killed";
}

async function groupIsGone(pgid: number, seconds: number): Promise<boolean> {
  const until = performance.now() + seconds * 1000;
  for (let pause = 5; isGroupAlive(pgid); pause = Math.min(pause * 2, 50)) {
    if (performance.now() >= until) return false;
    await sleep(pause);
  }
  return true;
}
