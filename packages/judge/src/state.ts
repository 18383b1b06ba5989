import type { Counters } from "@sluice/documents";
import type { ProcessState } from "./e-process.ts";
import type { GuardState, Sums } from "./guards.ts";

/** One kind of event that is compared: its part of the bet and its evidence. */
export interface MetricState {
  /** `errors`, or `latency > 250 ms`. */
  name: string;
  /** Bucket edge of a latency metric. */
  edge?: string;
  share: number;
  process: ProcessState;
}

/** All that the judge remembers: plain data, stored with the journal if need be, and of the same size after a day. */
export interface JudgeState {
  /** Time of the newest sample; null before the first. */
  t: number | null;
  /** Readings that the next ones are compared with: each version alone, and the last time that both were there. */
  canary: Counters | null;
  baseline: Counters | null;
  pair: { canary: Counters; baseline: Counters } | null;
  /** Whether the newest sample had the version. */
  hasCanary: boolean;
  hasBaseline: boolean;
  sums: Sums;
  step: { weight: number; since: number; requests: number };
  metrics: MetricState[];
  /** Share of the bet that latency gets once its edges are known. */
  unspent: number;
  guards: GuardState[];
  /** Largest e-value of the whole comparison so far, as its logarithm, and the metric that was behind it. */
  lnLargest: number;
  culprit: string | null;
}

/** What the judge has to know beside the counters. */
export interface Context {
  /** There is no more time: what is not decided is `inconclusive`. */
  mustDecide?: boolean;
  /** False where there is no old version to compare with: the guards alone decide. */
  hasBaseline?: boolean;
  /** Replicas of the canary at this moment. */
  health?: { ready: number; desired: number };
}
