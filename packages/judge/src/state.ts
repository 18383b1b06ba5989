import type { Counters } from "@sluice/documents";
import type { GuardState, Now, Sums } from "./guards.ts";
import type { MetricState } from "./metric.ts";
import type { ScheduleState } from "./schedule.ts";

/** All that the judge remembers: plain data, stored with the journal if need be, and of the same size after a day. */
export interface JudgeState {
  /** Time of the newest sample that was taken in; null before the first. It never goes back. */
  t: number | null;
  /** Seconds that the clock of the samples has gone back meanwhile. */
  wentBack: number;
  /** Readings that the next ones are compared with: each version alone, and the last time that both were there. */
  canary: Counters | null;
  baseline: Counters | null;
  pair: { canary: Counters; baseline: Counters } | null;
  /** Whether the newest sample had the version. */
  hasCanary: boolean;
  hasBaseline: boolean;
  sums: Sums;
  step: {
    weight: number;
    since: number;
    requests: number;
    /** From when on its replicas are warming up; null when it started none. */
    coldSince: number | null;
  };
  /** Replicas of the canary that were desired at the last look. */
  desired: number | null;
  now: Now;
  /** Alerts are asked for and could not be read. */
  areAlertsAway: boolean;
  schedule: ScheduleState;
  metrics: readonly MetricState[];
  /** Part of alpha that latency gets once its edges are known; null once that is decided. */
  unspent: number | null;
  guards: readonly GuardState[];
  /** Largest e-value of the whole comparison so far, as its logarithm. */
  lnLargest: number;
  /** What reached the bound first, and the time whose counts did it; null while nothing has. */
  decision: { metric: string; method: "e-process" | "group-sequential"; from: number; to: number } | null;
}

/** What the judge has to know beside the readings. */
export interface Context {
  /** There is no more time: what is not decided is `inconclusive`. */
  mustDecide?: boolean;
  /** False where there is no old version to compare with: the guards alone decide. */
  hasBaseline?: boolean;
  /** Replicas of the canary at this moment; those of the reading where it is left out. */
  health?: {
    ready: number;
    desired: number;
    /** Most restarts of one of them. */
    restarts?: number;
  };
}
