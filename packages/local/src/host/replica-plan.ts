import { type ReplicaState, runHash, type VersionState } from "./state.ts";

export interface ReplicaPlan {
  /** How many replicas have to be started. */
  start: number;
  /** Ids of the replicas that have to leave. */
  retire: string[];
}

/**
 * What separates a version from its spec. Replicas that run an outdated spec leave when as many new ones as
 * wanted are ready, so the number that serves never falls below what it was.
 *
 * @param isReady whether a replica may be given traffic
 */
export function replicaPlan(version: VersionState, isReady: (id: string) => boolean): ReplicaPlan {
  const staying = version.replicas.filter((replica) => !replica.isLeaving);
  const ids = (replicas: readonly ReplicaState[]) => replicas.map((replica) => replica.id);
  if (version.isLeaving) return { start: 0, retire: ids(staying) };
  const wanted = version.spec.replicas;
  const runs = runHash(version.spec);
  const current = staying.filter((replica) => replica.runs === runs);
  const outdated = staying.filter((replica) => replica.runs !== runs);
  const ready = current.filter((replica) => isReady(replica.id));
  // Those that serve least leave first: not ready before ready, young before old.
  const order = [...current].sort(
    (a, b) => Number(isReady(b.id)) - Number(isReady(a.id)) || a.startedAt - b.startedAt,
  );
  return {
    start: Math.max(0, wanted - current.length),
    retire: [...ids(order.slice(wanted)), ...(ready.length >= wanted ? ids(outdated) : [])],
  };
}
