import type { Artifact } from "@sluice/documents";
import type { Routing } from "./routing.ts";

/**
 * One environment as it is now, and the few commands that change it. The target is the only truth
 * about a rollout: a run that died leaves nothing behind that the next one could not read here.
 */
export interface Target {
  observe(service: string, signal?: AbortSignal): Promise<Observation>;
  /**
   * Safe to repeat: applying a command twice is applying it once. Returns when it is accepted, not when it is done.
   *
   * @throws Refusal `deploy.port-in-use`, `deploy.artifact-unusable`, `deploy.unknown-version`,
   *   `deploy.has-traffic`, `deploy.state-unwritable`; `deploy.target-lost` when nobody answers
   */
  apply(command: Command, signal?: AbortSignal): Promise<void>;
}

export interface Observation {
  service: string;
  /** Versions that have processes, pods or tasks. */
  versions: VersionObservation[];
  /** The version that is trusted: all traffic goes to it when in doubt. Null in an empty environment. */
  stable: string | null;
  /** Percent of the traffic by version; empty when the service has no traffic entry yet. */
  weights: Record<string, number>;
  /** What happens to requests beside the weights; null for nothing. */
  routing: Routing | null;
  /** The rollout that is under way, as it was recorded before its last side effect. */
  rollout: RolloutRecord | null;
  /** What a person has asked of the rollout that is under way; null when nobody did. */
  request: OperatorRequest | null;
  /** Versions that became stable, newest first. */
  history: Revision[];
  /** Where users reach the service; null before the first version was started. */
  url: string | null;
}

export interface VersionObservation {
  version: string;
  digest: string;
  desired: number;
  replicas: ReplicaObservation[];
  /** It was told to go: it finishes what it is answering and disappears from the list when it has stopped. */
  isLeaving?: boolean;
  /** Requests that it is answering now, where the target can count them. */
  inFlight?: number;
}

export interface ReplicaObservation {
  id: string;
  /** It answers its health check, so traffic may go to it. */
  isReady: boolean;
  restarts: number;
  startedAt: number;
  /** Why it is not ready, as far as the target knows: exit status, last answer of the health check. */
  reason?: string;
  /** Base URL of this one replica, for checks before it gets traffic. */
  url?: string;
}

/** A version that was stable once, with all that is needed to run it again as it ran then. */
export interface Revision {
  revision: number;
  spec: VersionSpec;
  /** Milliseconds since 1970. */
  stableSince: number;
}

/** Written to the target before every side effect, so that a second run knows what the first was about to do. */
export interface RolloutRecord {
  /** Identifies the rollout over runs: same plan, same release, same id. */
  id: string;
  from: string | null;
  to: string;
  strategy: "recreate" | "rolling" | "bluegreen" | "canary";
  phase: "starting" | "stepping" | "promoting" | "aborting" | "draining";
  /** Index of the step whose weight was or is being set. */
  step: number;
  /** When the step began to have its weight, in milliseconds since 1970; null before that. */
  stepStartedAt: number | null;
  startedAt: number;
  /** Why the steps and their analysis are left out, in a sentence; absent when they are not. */
  shortcut?: string;
  /** Why it is being aborted. */
  abort?: { reasonCode: string; sentence: string };
}

/**
 * What a person asks of a rollout that another process carries out. It is left on the target, where the run finds
 * it with its next look, so no connection between the two is needed and none of them has to wait for the other.
 */
export interface OperatorRequest {
  /** Id of the rollout that is meant; a request for another one is not obeyed. */
  rollout: string;
  /**
   * `promote`: go on from the step that waits; `promote-full`: skip the steps that are left; `halt`: leave the traffic
   * as it is and end the run; `abort`: go back to the old version.
   */
  kind: "promote" | "promote-full" | "halt" | "abort";
  /** The step that was under way when it was asked, so that an old `promote` does not open a later pause. */
  step: number;
  /** Who asked, for the journal. */
  by: string;
  /** Milliseconds since 1970. */
  at: number;
  reason?: string;
}

/**
 * What a version is and how its replicas are run: the code and its configuration as one unit, so that they go
 * back together. Secret values are not part of it; they travel beside it and are never stored.
 */
export interface VersionSpec {
  version: string;
  artifact: Artifact;
  replicas: number;
  /** Extra environment of the processes. */
  environment: Record<string, string>;
  /** Names of the variables whose values are secret. */
  secrets: readonly string[];
  command: readonly string[];
  healthCheck: {
    path: string;
    initialDelaySeconds: number;
    timeoutSeconds: number;
    intervalSeconds: number;
    failureThreshold: number;
  };
  /** Port on which users reach the service; absent: any free port. */
  port?: number;
}

export type Command =
  /** Start a version, change its number of replicas, or replace them by others that run the changed spec. */
  | { type: "ensure-version"; service: string; spec: VersionSpec; secrets: Record<string, string> }
  /** Stop every replica of a version, after the requests it is answering; one that is not there is gone already. Refused while it has traffic. */
  | { type: "remove-version"; service: string; version: string }
  | { type: "record"; service: string; record: RolloutRecord | null }
  /** Leaves a request for the rollout that is under way, in place of an earlier one; null when it was obeyed. */
  | { type: "request"; service: string; request: OperatorRequest | null }
  /**
   * From now on this is the trusted version; it becomes the newest entry of the history. That entry, where it is the
   * newest already, says from now on how the version runs now.
   */
  | { type: "mark-stable"; service: string; version: string };
