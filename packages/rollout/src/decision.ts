import type { ReasonCode, Status, Verdict } from "@sluice/documents";
import type { Command, Observation, RolloutRecord, Routing, VersionObservation } from "@sluice/ports";
import type { Answer } from "./operator.ts";

/** What the run knows beside the target: little enough to be lost with it. */
export interface Facts {
  /** Newest verdict of this rollout; null before the first. */
  verdict: Verdict | null;
  /** False where there are no metrics to judge by: steps then end with their pause. */
  isJudged: boolean;
  /** Why the run must stop, such as a signal; null while it may go on. */
  cancel: Abort | null;
  /** Tests before the first traffic: passed, or why not; null when they have not run; absent when there are none. */
  switchTest?: { isPassed: boolean; message: string } | null;
  /**
   * Check after a step, which is known by when it had its weight; null when none has run, absent when there are none.
   */
  stepCheck?: { step: number; isPassed: boolean; message: string } | null;
  /** The old version after an abort: healthy, or not; null when nobody looked yet. */
  verification: { isHealthy: boolean; message: string } | null;
  /** The target refused to start the new version; null while it did not. */
  startFailure: Abort | null;
  isMetricsAway: boolean;
  /** What the run is waiting for and since when, in milliseconds since 1970. */
  waiting: { key: string; since: number } | null;
  /** Why a replica of a version ended, as it said before it was started again; by version. */
  crashes: Record<string, string>;
  /** Shares that this run asked for last: the data plane may not show them yet. */
  asked: Record<string, number> | null;
  /** When this run began. */
  runSince: number;
  /** When, in this run, a step last had all that it needs to end; absent where none ever had. */
  readySince?: number;
  /** How the others are that take their steps together with this one; absent where it goes alone. */
  together?: Standing;
}

/** What the others of a group mean for one of them that is done with its step. */
export interface Standing {
  /** Those that are not done with the step yet. */
  waitsFor: readonly string[];
  /** Why the next step may not come at all, as another one ended without it; null while it may. */
  stay: string | null;
  /** Why all of them go back; null while they need not. */
  back: Abort | null;
}

/** Why a step may end: it has what it needs, or what it lacks was waited for long enough and is done without. */
export type WayOn = "go-on" | "go-on-without";

export interface Abort {
  reasonCode: ReasonCode;
  sentence: string;
}

/** What to do now: at most one kind of thing, then look again. */
export interface Decision {
  /** Applied in this order, before the weights. */
  commands: Command[];
  weights?: Record<string, number>;
  /** What happens to requests beside the weights, set before them; null for nothing, absent to leave it. */
  routing?: Routing | null;
  /** Weights before the commands: the traffic is more urgent than the books. */
  isUrgent?: boolean;
  /** Somebody has to be asked before it can go on. */
  ask?: "switch-test" | "step-check" | "verification";
  /** What a person asked for, and whether this does it. */
  answer?: Answer;
  /** What is waited for, as a key that stays the same while it is the same wait, and in words. */
  waitKey: string;
  waitingFor: string;
  /** Seconds until something can change by itself; the run may look earlier. */
  waitSeconds: number;
  /** The step that is under way could end now, whether it does or waits for others; see `WayOn`. */
  done?: WayOn;
  outcome?: Outcome;
}

export interface Outcome {
  status: Status;
  reasonCode: ReasonCode;
  message: string;
}

export const act = (waitingFor: string, what: Partial<Decision>): Decision => ({
  commands: [],
  waitKey: waitingFor,
  waitingFor,
  waitSeconds: 0,
  ...what,
});

export const wait = (waitKey: string, waitingFor: string, waitSeconds: number): Decision => ({
  commands: [],
  waitKey,
  waitingFor,
  waitSeconds,
});

export const finish = (status: Status, reasonCode: ReasonCode, message: string, commands: Command[] = []) =>
  act("nothing", { commands, outcome: { status, reasonCode, message } });

/** Milliseconds that the run has been waiting for the same thing. */
export const waitedFor = (facts: Facts, key: string, now: number): number =>
  facts.waiting?.key === key ? now - facts.waiting.since : 0;

/** Keys of the two waits for replicas: before the new version has the weight of a step, and after. */
export const readyKey = (record: RolloutRecord) => `ready-${record.to}-${record.step}`;
export const unreadyKey = (record: RolloutRecord) => `unready-${record.to}`;

export const versionIn = (seen: Observation, version: string | null): VersionObservation | undefined =>
  seen.versions.find((one) => one.version === version);

export const readyReplicas = (version: VersionObservation | undefined): number =>
  version && !version.isLeaving ? version.replicas.filter((replica) => replica.isReady).length : 0;

/** Why replicas are not ready or were restarted, in the words of the target. */
export function reasonsOf(version: VersionObservation | undefined): string {
  const reasons = version?.replicas.flatMap((replica) =>
    replica.reason && (!replica.isReady || replica.restarts > 0) ? [replica.reason] : [],
  );
  return [...new Set(reasons)].join("; ");
}
