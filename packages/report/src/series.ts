import type { Counters } from "@sluice/documents";
import type { RolloutView } from "@sluice/journal";
import { increase, quantileSeconds, sum } from "@sluice/judge";

/** What one version did around one moment. */
export interface ArmPoint {
  /** Requests per second. */
  rate: number;
  /** Share of failed requests, 0 to 1; null without requests. */
  errorRatio: number | null;
  /** 99th percentile of latency in milliseconds; null without requests. */
  p99: number | null;
}

export interface SeriesPoint {
  /** Seconds since the rollout was started. */
  t: number;
  /** Share of traffic that the new version was given, in percent. */
  weight: number;
  canary: ArmPoint | null;
  baseline: ArmPoint | null;
}

export interface Series {
  points: readonly SeriesPoint[];
  /** Each point looks back over this many seconds. */
  windowSeconds: number;
}

type Arm = "canary" | "baseline";

/** Rates, error ratios and latencies over time, from the cumulative counters of the samples. */
export function seriesOf(rollout: RolloutView, maximumPoints = 240): Series {
  const samples = rollout.samples.map(({ at, sample }) => ({
    ...sample,
    t: (at - rollout.startedAt) / 1000,
  }));
  const span = samples.length < 2 ? 0 : samples.at(-1)!.t - samples[0]!.t;
  const interval = samples.length < 2 ? 1 : span / (samples.length - 1);
  const windowSeconds = Math.max(Math.min(5, span / 3), interval, span / 10);
  const steps = samples.map((sample, index) => {
    const before = samples[index - 1];
    return {
      t: sample.t,
      seconds: before ? sample.t - before.t : interval,
      canary: growth("canary", before?.canary, sample.canary),
      baseline: growth("baseline", before?.baseline, sample.baseline),
    };
  });
  const stride = Math.max(1, Math.ceil(samples.length / maximumPoints));
  const points = samples.flatMap((sample, index): SeriesPoint[] => {
    if (index % stride !== 0 && index !== samples.length - 1) return [];
    const window = steps.filter((s, i) => i <= index && s.t > sample.t - windowSeconds);
    const seconds = window.reduce((total, step) => total + step.seconds, 0);
    const arm = (name: Arm) =>
      summarise(
        window.flatMap((step) => step[name] ?? []),
        seconds,
      );
    return [{ t: sample.t, weight: sample.weight, canary: arm("canary"), baseline: arm("baseline") }];
  });
  return { points, windowSeconds: Math.round(windowSeconds * 10) / 10 };
}

/**
 * What was counted between two readings. The canary begins with the rollout, so its first reading is
 * all new; that of the baseline is history.
 */
function growth(arm: Arm, before: Counters | null | undefined, now: Counters | null): Counters | null {
  if (!now) return null;
  return before ? increase(before, now) : arm === "canary" ? now : null;
}

/** Counts of one version over a stretch of time. */
export interface ArmTotals {
  requests: number;
  errors: number;
  errorRatio: number | null;
  p99: number | null;
}

/** What both versions did between two moments (milliseconds since 1970), from the readings in between. */
export function totalsBetween(
  rollout: RolloutView,
  from: number,
  to: number,
): { canary: ArmTotals | null; baseline: ArmTotals | null } {
  const totals = (arm: Arm): ArmTotals | null => {
    const deltas = rollout.samples.flatMap(({ at, sample }, index) => {
      if (at <= from || at > to) return [];
      return growth(arm, rollout.samples[index - 1]?.sample[arm], sample[arm]) ?? [];
    });
    if (deltas.length === 0) return null;
    const { requests, errors, latency } = add(deltas);
    return {
      requests,
      errors,
      errorRatio: requests === 0 ? null : errors / requests,
      p99: p99(latency),
    };
  };
  return { canary: totals("canary"), baseline: totals("baseline") };
}

function summarise(deltas: readonly Counters[], seconds: number): ArmPoint | null {
  if (deltas.length === 0 || seconds <= 0) return null;
  const { requests, errors, latency } = add(deltas);
  return {
    rate: requests / seconds,
    errorRatio: requests === 0 ? null : errors / requests,
    p99: p99(latency),
  };
}

const add = (deltas: readonly Counters[]): Counters =>
  deltas.reduce(sum, { requests: 0, errors: 0, latency: {} });

function p99(latency: Counters["latency"]): number | null {
  const seconds = quantileSeconds(latency, 0.99);
  return seconds === null ? null : seconds * 1000;
}
