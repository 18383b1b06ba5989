import type { Observation } from "@sluice/ports";
import { callHost, HostAway } from "./control-client.ts";
import { completed, observeStopped } from "./host/observation.ts";
import { readState } from "./host/store.ts";
import { runningHost } from "./host-file.ts";
import { environmentPaths } from "./paths.ts";

export interface EnvironmentStatus {
  environment: string;
  /** The process that supervises it; null when none runs. */
  host: { pid: number; logFile: string } | null;
  services: Observation[];
}

/** An environment as it is now. Only looks: a host that is dead stays dead, and its services are shown as they were. */
export async function environmentStatus(
  { stateDirectory, environment }: { stateDirectory: string; environment: string },
  signal?: AbortSignal,
): Promise<EnvironmentStatus> {
  const paths = environmentPaths(stateDirectory, environment);
  const host = runningHost(paths.host);
  if (host) {
    try {
      const services = await callHost<Observation[]>(host, "GET", "/services", { signal });
      return {
        environment,
        host: { pid: host.pid, logFile: paths.hostLog },
        services: services.map(completed),
      };
    } catch (error) {
      if (!(error instanceof HostAway)) throw error;
    }
  }
  const { services } = readState(paths.state);
  return {
    environment,
    host: null,
    services: Object.entries(services).map(([name, state]) => observeStopped(name, state)),
  };
}
