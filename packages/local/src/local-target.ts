import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "@sluice/documents";
import {
  type Command,
  type MetricSource,
  MetricsAway,
  type Observation,
  type Target,
  type TrafficRouter,
} from "@sluice/ports";
import { unpackArtifact } from "./artifact.ts";
import { callHost, HostAway } from "./control-client.ts";
import type { VersionCounts } from "./host/counters.ts";
import { completed, observeStopped } from "./host/observation.ts";
import { readState } from "./host/store.ts";
import { runningHost } from "./host-file.ts";
import { ensureHost, type HostStart } from "./host-process.ts";
import { environmentPaths } from "./paths.ts";
import { stopEnvironment } from "./stop.ts";

export interface LocalTargetOptions {
  stateDirectory: string;
  environment: string;
  /** Program of the host: `packages/local/src/host/main.ts`, or its bundle. */
  hostEntry: string;
  /** How long a replica that leaves may take to finish its requests; 30 by default. */
  drainSeconds?: number;
  /** How long it may take between SIGTERM and SIGKILL; 10 by default. */
  graceSeconds?: number;
  /** How long a version may take to begin its answer; 60 by default. */
  requestTimeoutSeconds?: number;
  /** Size at which the log of a replica is cut; 10 MiB by default. */
  logLimitBytes?: number;
}

/** Counters of one version as the data plane has them, with more detail than the port asks for. */
export type ReadCounters = (service: string) => Promise<{
  at: number;
  versions: Record<string, VersionCounts>;
  /** Requests of testers, by the version that answered. */
  testers: Record<string, VersionCounts>;
  /** Copies of requests of users, by the version that got them. */
  mirror: Record<string, VersionCounts>;
}>;

export interface LocalTarget {
  target: Target;
  router: TrafficRouter;
  metrics: MetricSource;
  /** All counters of a service at one instant: also failures by cause, retries, requests in flight. */
  readCounters: ReadCounters;
  /** Stops the host and every replica of this environment; nothing is left running. */
  shutdown(): Promise<void>;
}

/** How long a host that does not answer is asked again: it may be ending, or just have come up. */
const patienceSeconds = 10;

/**
 * One environment on this machine. A host process, which outlives this one, supervises the replicas and is the
 * data plane; it is started with the first command, and again whenever it is found dead.
 */
export function localTarget(options: LocalTargetOptions): LocalTarget {
  const paths = environmentPaths(options.stateDirectory, options.environment);
  const start: HostStart = {
    hostEntry: options.hostEntry,
    environment: options.environment,
    drainSeconds: options.drainSeconds ?? 30,
    graceSeconds: options.graceSeconds ?? 10,
    requestTimeoutSeconds: options.requestTimeoutSeconds ?? 60,
    logLimitBytes: options.logLimitBytes ?? 10 * 1024 * 1024,
  };

  /** Calls the host. All calls are idempotent, so one that met a dying host is repeated with the next one. */
  async function call<T>(
    method: "GET" | "PUT" | "POST",
    path: string,
    { body, signal }: { body?: unknown; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const until = performance.now() + patienceSeconds * 1000;
    for (;;) {
      const host = await ensureHost(paths, start, signal);
      try {
        return await callHost<T>(host, method, path, { body, signal });
      } catch (error) {
        if (!(error instanceof HostAway)) throw error;
        if (performance.now() < until) {
          await sleep(25, undefined, { signal });
          continue;
        }
        throw new Refusal(
          {
            reasonCode: "deploy.target-lost",
            message: `The host of ${options.environment} does not answer: ${error.message}.`,
            remedy: `Its log is ${paths.hostLog}. End process ${host.pid}; the next run starts another one, which goes on where it was.`,
          },
          { cause: error },
        );
      }
    }
  }

  const target: Target = {
    async observe(service, signal) {
      // Looking at an environment in which nothing was ever started does not start anything.
      if (!runningHost(paths.host)) {
        const state = readState(paths.state);
        if (Object.keys(state.services).length === 0) return observeStopped(service, undefined);
      }
      return completed(await call<Observation>("GET", servicePath(service), { signal }));
    },
    async apply(command, signal) {
      if (command.type === "ensure-version") await unpackArtifact(command.spec.artifact, paths, signal);
      await call<Record<never, never>>("POST", "/commands", { body: command satisfies Command, signal });
    },
  };

  const router: TrafficRouter = {
    async setWeights(service, weights, signal) {
      await call("PUT", `${servicePath(service)}/weights`, { body: weights, signal });
    },
    refuses(weight) {
      return weight >= 0 && weight <= 100 ? null : `${weight} is not a share between 0 and 100 %`;
    },
    capabilities: { headers: true, cookies: true, mirror: true, sticky: true },
    async setRouting(service, routing, signal) {
      await call("PUT", `${servicePath(service)}/routing`, { body: routing, signal });
    },
  };

  const countersOf = async (service: string, signal?: AbortSignal): ReturnType<ReadCounters> => {
    const source = `the local target ${options.environment}`;
    const host = runningHost(paths.host);
    if (!host) throw new MetricsAway(source, "its host does not run");
    try {
      return await callHost(host, "GET", `${servicePath(service)}/counters`, { signal, timeoutSeconds: 5 });
    } catch (error) {
      if (error instanceof HostAway) throw new MetricsAway(source, error.message, { cause: error });
      throw error;
    }
  };

  const metrics: MetricSource = {
    async read(service, versions, signal) {
      const { at, versions: counts } = await countersOf(service, signal);
      const arm = (version: string | null) => {
        const found = version === null ? undefined : counts[version];
        return found ? { requests: found.requests, errors: found.errors, latency: found.latency } : null;
      };
      return { at, canary: arm(versions.canary), baseline: arm(versions.baseline) };
    },
  };

  return {
    target,
    router,
    metrics,
    readCounters: (service) => countersOf(service),
    shutdown: () => stopEnvironment(options),
  };
}

const servicePath = (service: string) => `/services/${encodeURIComponent(service)}`;
