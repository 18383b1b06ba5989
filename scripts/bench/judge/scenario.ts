/** The rollout that is simulated, and everything that may be wrong with it. */

export const steps = [
  { weight: 5, pauseSeconds: 600 },
  { weight: 25, pauseSeconds: 600 },
  { weight: 50, pauseSeconds: 900 },
] as const;

export const tickSeconds = 10;
export const ticksPerMinute = 60 / tickSeconds;
export const ticks = steps.reduce((sum, step) => sum + step.pauseSeconds, 0) / tickSeconds;
export const minutes = ticks / ticksPerMinute;

/** Share of the traffic that is configured for each tick, in percent, and the tick at which its step began. */
export const plan = steps.flatMap(({ weight, pauseSeconds }, i) => {
  const since = steps.slice(0, i).reduce((sum, step) => sum + step.pauseSeconds, 0) / tickSeconds;
  return Array.from({ length: pauseSeconds / tickSeconds }, () => ({ weight, since }));
});

/** Upper bounds of the latency histogram in seconds, as Prometheus writes `le`. */
export const edges = ["0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5"] as const;

/** Why requests of one version do not fail independently of each other, though the release is not worse. */
export type Dispersion =
  /** The error ratio of each version is multiplied by a gamma number of mean 1, drawn anew every minute; `size` is its coefficient of variation. */
  | { kind: "gamma"; size: number }
  /** Every incident fails `size` requests of one version at once. */
  | { kind: "cluster"; size: number }
  /** The pods of the canary happen to fail `size` times as often, for a reason of their own. */
  | { kind: "pod"; size: number };

/** What is wrong with the latency of the canary. */
export type LatencyShift =
  | { kind: "times"; factor: number }
  /** The slowest two percent of the requests take `factor` times as long, and so the 99th percentile is that much higher. */
  | { kind: "tail"; factor: number };

export interface Scenario {
  requestsPerSecond: number;
  /** Error ratio of the baseline, 0 to 1. */
  errorRatio: number;
  /** How many times as often the canary fails. */
  lift?: number;
  dispersion?: Dispersion;
  /** Both versions fail with this ratio during these minutes. */
  outage?: { fromMinute: number; minutes: number; ratio: number };
  /** The canary fails (1 + 4 e^(-t/60 s)) times as often after its start, and (1 + e^(-t/60 s)) times after each further step. */
  isColdStart?: boolean;
  /** How many times the configured weight really reaches the canary. */
  split?: number;
  /** Latencies are simulated too: lognormal with a median of 120 ms and a sigma of 0.5. */
  latency?: { shift: LatencyShift | null };
}
