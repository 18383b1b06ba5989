import { readFileSync } from "node:fs";
import { isAlive } from "@sluice/process";

/** How a running host is reached; written by it, mode 0600. */
export interface HostFile {
  pid: number;
  startTime: string;
  /** Port of the control API on the loopback interface. */
  port: number;
  token: string;
}

/** The host that runs now, or null. What a host that was killed has left is not mistaken for one. */
export function runningHost(file: string): HostFile | null {
  try {
    const host = JSON.parse(readFileSync(file, "utf8")) as HostFile;
    return isAlive(host.pid, host.startTime) ? host : null;
  } catch {
    return null;
  }
}
