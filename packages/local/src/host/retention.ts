import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentPaths } from "../paths.ts";
import { type HostState, startName } from "./state.ts";

/** Younger files may belong to a command that is only on its way here. */
const keepSeconds = 3600;

/** Removes artifacts that no version and no revision needs, and files of replicas that are gone. */
export function removeStrayFiles(paths: EnvironmentPaths, state: HostState, now = Date.now()): void {
  const services = Object.values(state.services);
  const versions = services.flatMap((service) => Object.values(service.versions));
  const specs = [
    ...versions.map((version) => version.spec),
    ...services.flatMap((service) => service.history.map((revision) => revision.spec)),
  ];
  const replicas = versions.flatMap((version) => version.replicas);
  const needed = new Set([
    ...specs.map((spec) => join(paths.artifacts, spec.artifact.digest.replace(":", "-"))),
    ...replicas.map((replica) => join(paths.replicas, `${startName(replica)}.pid`)),
    ...replicas.flatMap(({ id }) => [join(paths.logs, `${id}.log`), join(paths.logs, `${id}.log.1`)]),
  ]);
  for (const directory of [paths.artifacts, paths.replicas, paths.logs]) {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      if (needed.has(path) || now - statSync(path).ctimeMs < keepSeconds * 1000) continue;
      rmSync(path, { recursive: true, force: true });
    }
  }
}
