import type { Counters } from "@sluice/documents";
import type { RolloutView } from "@sluice/journal";
import { increase, quantileSeconds, shareInterval, since, sum } from "@sluice/judge";

/** What one version did around one moment. */
export interface ArmPoint {
  /** Requests per second. */
  rate: number;
  /** Share of failed requests, 0 to 1; null without requests. */
  errorRatio: number | null;
  /** Shares that fit to what was counted, 95 %; null without requests. */
  errorRange: { low: number; high: number } | null;
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
  const totals = { canary: runningTotals(rollout, "canary"), baseline: runningTotals(rollout, "baseline") };
  const stride = Math.max(1, Math.ceil(samples.length / maximumPoints));
  let start = -1; // the reading at which the window of the current point begins; -1 is before the first
  const points = samples.flatMap((sample, index): SeriesPoint[] => {
    while (start + 1 < index && samples[start + 1]!.t <= sample.t - windowSeconds) start++;
    if (index % stride !== 0 && index !== samples.length - 1) return [];
    const seconds = sample.t - (samples[start]?.t ?? samples[0]!.t - interval);
    const arm = (name: Arm) => pointOf(totals[name][start] ?? null, totals[name][index] ?? null, seconds);
    return [{ t: sample.t, weight: sample.weight, canary: arm("canary"), baseline: arm("baseline") }];
  });
  return { points, windowSeconds: Math.round(windowSeconds * 10) / 10 };
}

/**
 * What one version had done since the beginning of the rollout, at each reading; null before its first
 * one. The canary begins with the rollout, so its first reading is all new; that of the baseline is history.
 */
function runningTotals(rollout: RolloutView, arm: Arm): (Counters | null)[] {
  let total: Counters | null = null;
  let before: Counters | null = null;
  return rollout.samples.map(({ sample }) => {
    const now = sample[arm];
    if (!now) return total;
    const grown: Counters = before ? increase(before, now) : arm === "canary" ? now : nothing;
    total = total ? sum(total, grown) : grown;
    before = now;
    return total;
  });
}

const nothing: Counters = { requests: 0, errors: 0, latency: {} };

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
    const running = runningTotals(rollout, arm);
    const lastUntil = (moment: number) =>
      running[rollout.samples.findLastIndex(({ at }) => at <= moment)] ?? null;
    const end = lastUntil(to);
    if (!end) return null;
    const { requests, errors, latency } = since(end, lastUntil(from) ?? nothing);
    if (lastUntil(from) === end) return null; // no reading in between
    return { requests, errors, errorRatio: requests === 0 ? null : errors / requests, p99: p99(latency) };
  };
  return { canary: totals("canary"), baseline: totals("baseline") };
}

function pointOf(before: Counters | null, now: Counters | null, seconds: number): ArmPoint | null {
  if (!now || seconds <= 0) return null;
  const { requests, errors, latency } = since(now, before ?? nothing);
  return {
    rate: requests / seconds,
    errorRatio: requests === 0 ? null : errors / requests,
    errorRange: shareInterval(errors, requests),
    p99: p99(latency),
  };
}

function p99(latency: Counters["latency"]): number | null {
  const seconds = quantileSeconds(latency, 0.99);
  return seconds === null ? null : seconds * 1000;
}
