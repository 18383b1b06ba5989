import type { Observation, ReplicaObservation } from "@sluice/ports";
import { emptyService, type ServiceState } from "./state.ts";

/** What the host knows of a service beside its state. */
export interface LiveView {
  replica(id: string): ReplicaObservation | undefined;
  inFlight(version: string): number;
  weights: Readonly<Record<string, number>>;
  url: string | null;
}

/** A service as it is: the state, with what the processes and the data plane say. */
export function observeService(
  name: string,
  state: ServiceState = emptyService,
  live: LiveView,
): Observation {
  return {
    service: name,
    versions: Object.values(state.versions).map(({ spec, isLeaving, replicas }) => ({
      version: spec.version,
      digest: spec.artifact.digest,
      desired: isLeaving ? 0 : spec.replicas,
      replicas: replicas.flatMap(({ id, isLeaving }) => {
        const seen = live.replica(id);
        if (!seen) return [];
        return [isLeaving ? { ...seen, isReady: false, reason: "it is leaving" } : seen];
      }),
      inFlight: live.inFlight(spec.version),
      ...(isLeaving && { isLeaving }),
    })),
    stable: state.stable,
    weights: { ...live.weights },
    routing: state.routing,
    rollout: state.rollout,
    request: state.request,
    history: [...state.history],
    url: live.url,
  };
}

/** What a host said that may be older than what is known of a service by now. */
export const completed = (seen: Observation): Observation => ({
  ...seen,
  request: seen.request ?? null,
  routing: seen.routing ?? null,
});

/** A service as it was when its host was there last: nothing is ready and nothing is reachable. */
export function observeStopped(name: string, state: ServiceState | undefined): Observation {
  const replicas = Object.values(state?.versions ?? {}).flatMap((version) => [...version.replicas]);
  return observeService(name, state, {
    replica: (id) => {
      const replica = replicas.find((other) => other.id === id)!;
      const { restarts, startedAt } = replica;
      return { id, isReady: false, restarts, startedAt, reason: "the host of the environment does not run" };
    },
    inFlight: () => 0,
    weights: state?.weights ?? {},
    url: null,
  });
}
