import { canonicalJson, digestOf } from "@sluice/documents";
import type { OperatorRequest, Revision, RolloutRecord, Routing, VersionSpec } from "@sluice/ports";

/** What should run in one environment: everything that a host needs to go on where another one was killed. */
export interface HostState {
  schema: "sluice/local-state/v1";
  services: Readonly<Record<string, ServiceState>>;
}

export interface ServiceState {
  /** Port of the entry; null before the first version. */
  port: number | null;
  stable: string | null;
  /** Percent by version; only versions with a share. */
  weights: Readonly<Record<string, number>>;
  /** What happens to requests beside the weights. */
  routing: Routing | null;
  rollout: RolloutRecord | null;
  /** What a person has asked of the rollout; goes with it. */
  request: OperatorRequest | null;
  history: readonly Revision[];
  versions: Readonly<Record<string, VersionState>>;
}

export interface VersionState {
  spec: VersionSpec;
  isLeaving: boolean;
  replicas: readonly ReplicaState[];
}

/** A replica as it was noted before it was started. */
export interface ReplicaState {
  /** Stays the same over restarts. */
  id: string;
  /** What it runs, see `runHash`. */
  runs: string;
  /** Port it listens on; another one after each restart. */
  port: number;
  restarts: number;
  startedAt: number;
  /** It finishes what it is answering and is not replaced. */
  isLeaving: boolean;
}

export const emptyState: HostState = { schema: "sluice/local-state/v1", services: {} };

export const emptyService: ServiceState = {
  port: null,
  stable: null,
  weights: {},
  routing: null,
  rollout: null,
  request: null,
  history: [],
  versions: {},
};

/** Identifies what a replica runs: a replica of another hash has to be replaced when the spec changes. */
export function runHash(spec: VersionSpec): string {
  const { artifact, environment, secrets, command } = spec;
  return digestOf(
    canonicalJson({ digest: artifact.digest, environment, secrets: [...secrets].sort(), command }),
  ).slice(7, 23);
}

/** Name of the pid file and of the start of the log of one start of a replica. */
export const startName = (replica: Pick<ReplicaState, "id" | "restarts">) =>
  `${replica.id}.${replica.restarts}`;

/** The state with one service changed. */
export function withService(
  state: HostState,
  name: string,
  change: (service: ServiceState) => ServiceState,
): HostState {
  const before = state.services[name] ?? emptyService;
  const after = change(before);
  return after === before ? state : { ...state, services: { ...state.services, [name]: after } };
}

/** The state with one version changed, or removed when `change` returns null; unchanged when it is not there. */
export function withVersion(
  state: HostState,
  name: string,
  version: string,
  change: (version: VersionState) => VersionState | null,
): HostState {
  const service = state.services[name];
  const before = service?.versions[version];
  if (!service || !before) return state;
  const after = change(before);
  if (after === before) return state;
  const { [version]: _, ...others } = service.versions;
  const versions = after === null ? others : { ...service.versions, [version]: after };
  return { ...state, services: { ...state.services, [name]: { ...service, versions } } };
}
