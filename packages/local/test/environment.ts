import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Observation, VersionSpec } from "@sluice/ports";
import { packService } from "@sluice/testing/pack-service";
import { type LocalTarget, type LocalTargetOptions, localTarget } from "../src/local-target.ts";
import { type EnvironmentPaths, environmentPaths } from "../src/paths.ts";
import { stopEnvironment } from "../src/stop.ts";

export const hostEntry = join(import.meta.dirname, "../src/host/main.ts");

export interface TestEnvironment extends LocalTarget {
  options: LocalTargetOptions;
  paths: EnvironmentPaths;
  /** A version of the fixture service. */
  spec(version: string, overrides?: Partial<VersionSpec>): VersionSpec;
  /** Starts a version and waits until every replica of it is ready. */
  start(
    version: string,
    overrides?: Partial<VersionSpec>,
    secrets?: Record<string, string>,
  ): Promise<Observation>;
  until(check: (observation: Observation) => boolean, service?: string): Promise<Observation>;
  stop(): Promise<void>;
}

/** A real environment of the local target in a directory of its own, with the fixture service as its artifact. */
export async function testEnvironment(overrides: Partial<LocalTargetOptions> = {}): Promise<TestEnvironment> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-local-"));
  const artifact = await packService(join(import.meta.dirname, "../fixtures/service.mjs"), scratch);
  const options: LocalTargetOptions = {
    stateDirectory: join(scratch, "state"),
    environment: "test",
    hostEntry,
    drainSeconds: 10,
    graceSeconds: 2,
    ...overrides,
  };
  const local = localTarget(options);
  const until: TestEnvironment["until"] = async (check, service = "orders") => {
    const deadline = performance.now() + 15_000;
    for (;;) {
      const observation = await local.target.observe(service);
      if (check(observation)) return observation;
      if (performance.now() > deadline)
        throw new Error(`waited in vain: ${JSON.stringify(observation, null, 2)}`);
      await sleep(20);
    }
  };
  const spec: TestEnvironment["spec"] = (version, changes) => ({
    version,
    artifact,
    replicas: 1,
    environment: {},
    secrets: [],
    command: [process.execPath, "service.mjs"],
    healthCheck: {
      path: "/health",
      initialDelaySeconds: 0,
      timeoutSeconds: 5,
      intervalSeconds: 0.1,
      failureThreshold: 3,
    },
    ...changes,
  });
  return {
    ...local,
    options,
    paths: environmentPaths(options.stateDirectory, options.environment),
    spec,
    until,
    async start(version, changes, secrets = {}) {
      const wanted = spec(version, changes);
      await local.target.apply({ type: "ensure-version", service: "orders", spec: wanted, secrets });
      return until((now) => readyReplicas(now, version) === wanted.replicas);
    },
    async stop() {
      await stopEnvironment({ ...options, forget: true });
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

export const readyReplicas = (observation: Observation, version: string): number =>
  observation.versions.find((v) => v.version === version)?.replicas.filter((replica) => replica.isReady)
    .length ?? 0;

export interface Answer {
  status: number;
  body: string;
  version: string | undefined;
  /** The cookies that it sets, each with its attributes. */
  cookies: string[];
}

/** One request. Rejects when the connection breaks. */
export function ask(
  url: string,
  {
    method = "GET",
    body,
    headers = {},
    agent,
  }: { method?: string; body?: string; headers?: Record<string, string>; agent?: Agent } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent: agent ?? false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () =>
        resolve({
          status: answer.statusCode!,
          body: Buffer.concat(chunks).toString(),
          version: answer.headers["x-sluice-version"] as string | undefined,
          cookies: answer.headers["set-cookie"] ?? [],
        }),
      );
    });
    req.once("error", reject);
    req.end(body);
  });
}

export interface Load {
  sent: number;
  /** What did not end with 200, in words. */
  failures: string[];
  byVersion: Record<string, number>;
  /** Requests that are not answered yet. */
  underWay(): number;
  stop(): Promise<void>;
}

/** Constant load that does not wait for answers, over kept connections; each fourth request is a POST with a body. */
export function startLoad(url: string, ratePerSecond: number): Load {
  const agent = new Agent({ keepAlive: true });
  const pending = new Set<Promise<void>>();
  const began = performance.now();
  const load: Load = {
    sent: 0,
    failures: [],
    byVersion: {},
    underWay: () => pending.size,
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
    },
  };
  const send = () => {
    load.sent += 1;
    const isPost = load.sent % 4 === 0;
    const asked = ask(isPost ? `${url}/echo` : `${url}/?ms=5`, {
      agent,
      ...(isPost && { method: "POST", body: `order ${load.sent}` }),
    })
      .then((answer) => {
        if (answer.status !== 200) load.failures.push(`status ${answer.status}: ${answer.body}`);
        const version = answer.version ?? "none";
        load.byVersion[version] = (load.byVersion[version] ?? 0) + 1;
      })
      .catch((error) => void load.failures.push(error.message))
      .finally(() => pending.delete(asked));
    pending.add(asked);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * ratePerSecond);
    while (load.sent < due) send();
  }, 5);
  return load;
}
