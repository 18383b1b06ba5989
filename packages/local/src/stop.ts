import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcess, isAlive, readPidFile } from "@sluice/process";
import { callHost, HostAway } from "./control-client.ts";
import { takeLock } from "./host/lock.ts";
import { type HostFile, runningHost } from "./host-file.ts";
import { environmentPaths } from "./paths.ts";

export interface StopOptions {
  stateDirectory: string;
  environment: string;
  /** Removes the state, the history, the logs and the artifacts too. */
  forget?: boolean;
  /** How long the host may take to end everything by itself; 60 by default. */
  patienceSeconds?: number;
  /** How long a replica without a host may take between SIGTERM and SIGKILL; 5 by default. */
  graceSeconds?: number;
}

/**
 * Ends everything that runs in an environment on this machine: requests are answered, then the replicas and the
 * host end. When the host is dead or does not come to an end, its replicas are found by their pid files. What
 * the environment was stays on the disk, and the next command brings it back, unless it is to be forgotten.
 */
export async function stopEnvironment(options: StopOptions): Promise<void> {
  const paths = environmentPaths(options.stateDirectory, options.environment);
  if (!existsSync(paths.root)) return;
  for (;;) {
    const host = runningHost(paths.host);
    if (host) await stopHost(host, options.patienceSeconds ?? 60);
    // With the lock in hand there is no host, and one that is only coming up finds that its ticket is gone.
    const lock = await takeLock(paths.lock);
    if (lock === null) {
      await sleep(20);
      continue;
    }
    try {
      await endReplicas(paths.replicas, options.graceSeconds ?? 5);
      await rm(paths.host, { force: true });
      await rm(paths.starts, { recursive: true, force: true });
      if (options.forget) await rm(paths.root, { recursive: true, force: true });
    } finally {
      lock.release();
    }
    return;
  }
}

async function stopHost(host: HostFile, patienceSeconds: number): Promise<void> {
  try {
    await callHost(host, "POST", "/shutdown", { timeoutSeconds: 5 });
  } catch (error) {
    if (!(error instanceof HostAway)) throw error;
  }
  const until = performance.now() + patienceSeconds * 1000;
  while (isAlive(host.pid, host.startTime)) {
    if (performance.now() >= until) process.kill(host.pid, "SIGKILL");
    await sleep(10);
  }
}

async function endReplicas(directory: string, graceSeconds: number): Promise<void> {
  if (!existsSync(directory)) return;
  const files = readdirSync(directory).map((name) => join(directory, name));
  await Promise.all(
    files.map(async (file) => {
      const found = readPidFile(file);
      if (typeof found === "object") await endProcess(found.pid, { graceSeconds });
      await rm(file, { force: true });
    }),
  );
}
