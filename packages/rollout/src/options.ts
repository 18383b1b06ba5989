import type { NewEvent, Sample } from "@sluice/documents";
import type { Policy } from "@sluice/judge";
import type { AlertSource, Clock, MetricSource, OnProgress, Target, TrafficRouter } from "@sluice/ports";
import type { RolloutSpec } from "./spec.ts";
import type { Together } from "./together.ts";

/** An event without what only the caller knows: the run and the environment. */
export type RolloutEvent = NewEvent extends infer E
  ? E extends NewEvent
    ? Omit<E, "run" | "environment">
    : never
  : never;

/** The ports and the people that a rollout talks to. */
export interface Surroundings {
  target: Target;
  router: TrafficRouter;
  clock: Clock;
  /**
   * Writes to the journal. Where it throws, the rollout of a version that is not promoted yet is turned round: what
   * cannot be recorded must not go on.
   */
  record: (event: RolloutEvent) => Promise<void> | void;
  onProgress?: OnProgress;
  /** Aborted when the run is to stop: the traffic goes back at once, the rest as time allows. */
  signal?: AbortSignal;
  /** Called before every side effect; throws when the lock was lost, and then nothing more is done. */
  fence?: () => Promise<void>;
  /** Whether the trusted version is well after a rollback; `rolled_back` is only said when it is. */
  verify?: (version: string) => Promise<{ isHealthy: boolean; message: string }>;
  /** Seconds between two looks at the target while something is awaited; a quarter of a second where nothing is said. */
  pollSeconds?: number;
}

export interface RolloutOptions extends Surroundings {
  spec: RolloutSpec;
  /** Counters of both versions; null where there are none: then only health decides. */
  metrics: MetricSource | null;
  /** Alerts that are looked at with every reading; absent where there are none. */
  alerts?: AlertSource;
  /** How to judge them; needed with metrics. */
  policy?: Policy;
  /** Seconds between two readings of the metrics; 10 where nothing is said. */
  sampleSeconds?: number;
  /** Samples of this rollout from an earlier run, so that the judge goes on where it was; without them it starts anew. */
  samples?: readonly Sample[];
  /** Tests of the new version before it has any traffic; throws or rejects when they fail. */
  beforeSwitch?: (url: string, signal: AbortSignal | undefined) => Promise<void>;
  /** A check of the service after each step (a batch of a rolling deployment, say), before the next one; rejects when it fails. */
  afterStep?: (url: string, signal: AbortSignal | undefined) => Promise<void>;
  /** The others that take their steps together with this one; absent where it goes alone. See `runTogether`. */
  together?: Together;
}
