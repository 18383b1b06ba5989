import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { type LocalTarget, localTarget, stopEnvironment } from "../../../packages/local/src/index.ts";
import type { Observation, VersionSpec } from "../../../packages/ports/src/index.ts";
import { packService } from "../../../packages/testing/src/pack-service.ts";

/** An environment of the local target for one bench: the host is a process of its own, as in a deployment. */
export interface BenchEnvironment extends LocalTarget {
  /** Where the environment is, for `environmentStatus`. */
  place: { stateDirectory: string; environment: string };
  /** A version of the service of the benches. */
  spec(version: string, changes?: Partial<VersionSpec>): VersionSpec;
  /** Looks at a service until it is as wanted. @returns how it is then */
  until(service: string, isThere: (seen: Observation) => boolean): Promise<Observation>;
  /** Starts a first version of a service, gives it all of the traffic and trusts it. @returns its URL */
  first(service: string, spec: VersionSpec): Promise<string>;
  /** Ends the host and every replica and removes all files. */
  stop(): Promise<void>;
}

export interface BenchOptions {
  /** How long a replica that leaves may take to finish what it is answering. */
  drainSeconds?: number;
  /** Where the program of the service begins; the one of the traffic benches when it is left out. */
  program?: string;
}

export async function benchEnvironment({
  drainSeconds = 30,
  program = join(import.meta.dirname, "service.js"),
}: BenchOptions = {}): Promise<BenchEnvironment> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const artifact = await packService(await bundled(program, scratch), scratch);
  const place = { stateDirectory: join(scratch, "state"), environment: "bench" };
  const hostEntry = resolve(import.meta.dirname, "../../../packages/local/src/host/main.ts");
  const local = localTarget({ ...place, hostEntry, drainSeconds });
  const { target, router } = local;
  const stop = async () => {
    await stopEnvironment({ ...place, forget: true });
    rmSync(scratch, { recursive: true, force: true });
  };
  // The host outlives whoever started it, so a bench that is interrupted has to end it.
  const interrupted = () => void stop().finally(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  const until: BenchEnvironment["until"] = async (service, isThere) => {
    for (;;) {
      const seen = await target.observe(service);
      if (isThere(seen)) return seen;
      await sleep(50);
    }
  };
  return {
    ...local,
    place,
    until,
    spec: (version, changes) => ({
      version,
      artifact,
      replicas: 1,
      environment: {},
      secrets: [],
      command: [process.execPath, "service.mjs"],
      healthCheck: {
        path: "/health",
        initialDelaySeconds: 0,
        timeoutSeconds: 10,
        intervalSeconds: 5,
        failureThreshold: 3,
      },
      ...changes,
    }),
    async first(service, spec) {
      await target.apply({ type: "ensure-version", service, spec, secrets: {} });
      const { url } = await until(
        service,
        ({ versions }) => versions[0]?.replicas.filter(({ isReady }) => isReady).length === spec.replicas,
      );
      await router.setWeights(service, { [spec.version]: 100 });
      await target.apply({ type: "mark-stable", service, version: spec.version });
      return url!;
    },
    async stop() {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
      await stop();
    },
  };
}

/** Makes one file of a program, as a build would; services of the shop find each other without an install. */
async function bundled(program: string, scratch: string): Promise<string> {
  const outfile = join(scratch, "service.mjs");
  const common = resolve(import.meta.dirname, "../../../examples/shop/services/common/src/index.js");
  await build({
    ...{ entryPoints: [program], outfile, alias: { "@shop/common": common } },
    ...{ bundle: true, platform: "node", target: "node20", format: "esm", logLevel: "warning" },
  });
  return outfile;
}
