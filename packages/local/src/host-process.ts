import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "@sluice/documents";
import { startDetached } from "@sluice/process";
import type { HostOptions } from "./host/environment.ts";
import { lastLines } from "./host/log-file.ts";
import { type HostFile, runningHost } from "./host-file.ts";
import type { EnvironmentPaths } from "./paths.ts";

export interface HostStart extends Omit<HostOptions, "baseEnvironment"> {
  /** Program of the host: `src/host/main.ts` or its bundle. */
  hostEntry: string;
}

/** How long a host may take until it answers; adopting replicas is part of it. */
const patienceSeconds = 30;

/**
 * The host of an environment; it is started when there is none. When two processes do so at once, one of the two
 * hosts ends by itself and both get the other.
 *
 * @throws Refusal `deploy.target-lost` when no host comes up
 */
export async function ensureHost(
  paths: EnvironmentPaths,
  start: HostStart,
  signal?: AbortSignal,
): Promise<HostFile> {
  const running = runningHost(paths.host);
  if (running) return running;
  const { hostEntry, ...options } = start;
  if (!existsSync(hostEntry)) throw lost(`there is no program ${hostEntry}`, []);
  const ticket = join(paths.starts, randomBytes(8).toString("hex"));
  mkdirSync(paths.starts, { recursive: true, mode: 0o700 });
  writeFileSync(ticket, "");
  await startDetached(
    [
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      hostEntry,
      paths.root,
      ticket,
      JSON.stringify(options),
    ],
    { cwd: paths.root, env: baseEnvironment(process.env), logFile: paths.hostLog },
  );
  const until = performance.now() + patienceSeconds * 1000;
  while (performance.now() < until) {
    const host = runningHost(paths.host);
    if (host) return host;
    await sleep(10, undefined, { signal });
  }
  throw lost(`no host came up in ${patienceSeconds} s`, lastLines(paths.hostLog, 5));
}

function lost(why: string, lines: readonly string[]): Refusal {
  return new Refusal({
    reasonCode: "deploy.target-lost",
    message: [`The local target could not be started: ${why}.`, ...lines.map((line) => `  ${line}`)].join(
      "\n",
    ),
    remedy: "The log host.log in the state directory of the environment says more.",
  });
}

const inherited =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|(HTTPS?|NO)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i;

/**
 * What the host and its replicas inherit: what every program needs. Not the tokens and inputs of the job that
 * happens to start it: the host outlives the job.
 */
export function baseEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => inherited.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
