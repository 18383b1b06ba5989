import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startTimeOf } from "@sluice/process";
import { replaceFile } from "../atomic-file.ts";
import { type HostFile, runningHost } from "../host-file.ts";
import { type EnvironmentPaths, pathsIn } from "../paths.ts";
import { openControl } from "./control.ts";
import { type HostOptions, LocalEnvironment } from "./environment.ts";
import { type Lock, takeLock } from "./lock.ts";
import { StateStore } from "./store.ts";

const usage = `local-host <directory> <ticket> <options as JSON>

The host of one environment of the local target: it supervises the replicas and is their data plane, and runs
until it is told to shut down. Sluice starts it; there is no need to do so by hand.
`;

/**
 * The host of one environment. It ends at once, with status 0, when there is a host already, or when the
 * environment was stopped since it was started: its ticket is gone then.
 */
export async function run(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const [directory, ticket, options] = args;
  if (directory === undefined || ticket === undefined || options === undefined) {
    process.stdout.write(usage);
    process.exitCode = directory === "--help" ? 0 : 2;
    return;
  }
  const baseEnvironment = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  await supervise(directory, ticket, { ...(JSON.parse(options) as StoredOptions), baseEnvironment });
}
type StoredOptions = Omit<HostOptions, "baseEnvironment">;

async function supervise(directory: string, ticket: string, options: HostOptions): Promise<void> {
  const paths = pathsIn(directory);
  const lock = await lockUnlessTaken(paths, ticket);
  const isWanted = existsSync(ticket);
  rmSync(ticket, { force: true });
  if (lock === null || !isWanted) return;
  for (const path of [paths.replicas, paths.logs, paths.artifacts]) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  const environment = new LocalEnvironment(paths, new StateStore(paths.state), options);
  const token = randomBytes(32).toString("base64url");
  let isStopping = false;
  const shutdown = async () => {
    if (isStopping) return;
    isStopping = true;
    log("stopping");
    await environment.stop();
    rmSync(paths.host, { force: true });
    log("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void shutdown());
  process.on("SIGHUP", () => {});
  // The data plane must not end because one connection did something odd.
  process.on("uncaughtException", (error) => console.error(error.stack));
  process.on("unhandledRejection", (error) => console.error(error));

  await environment.begin();
  const { port } = await openControl({ token, environment, onShutdown: () => void shutdown() });
  const host: HostFile = { pid: process.pid, startTime: startTimeOf(process.pid) ?? "", port, token };
  await replaceFile(paths.host, JSON.stringify(host));
  log(`host of ${options.environment}, process ${process.pid}, control port ${port}`);
}

/**
 * The lock, or null when there is another host or this one is called off. A host that was killed may hold the
 * lock for a moment longer than it is seen: its threads end one after the other.
 */
async function lockUnlessTaken(paths: EnvironmentPaths, ticket: string): Promise<Lock | null> {
  while (existsSync(ticket)) {
    const lock = await takeLock(paths.lock);
    if (lock !== null) return lock;
    if (runningHost(paths.host)) return null;
    await sleep(20);
  }
  return null;
}

const log = (text: string) => console.log(`[${new Date().toISOString()}] ${text}`);

if (import.meta.main) await run();
