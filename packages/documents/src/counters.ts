import { z } from "zod";

/**
 * Cumulative counters of one version, as a metrics endpoint shows them: they only grow, and a
 * value below the previous one means that the process was restarted and counts from zero again.
 */
export const Counters = z.strictObject({
  /** Requests answered since the counters began. */
  requests: z.number().nonnegative(),
  /** Those of them that failed: status 500 and above, or no answer. */
  errors: z.number().nonnegative(),
  /**
   * Cumulative latency histogram: the key is the upper bound of the bucket in seconds, written as
   * Prometheus writes `le`, and `+Inf` holds every request.
   */
  latency: z.record(z.string(), z.number().nonnegative()).default({}),
  /** Any other pair of counters, by the name of its metric: how many of `total` were `events`, for example failed checkouts. */
  events: z
    .record(z.string(), z.strictObject({ events: z.number().nonnegative(), total: z.number().nonnegative() }))
    .optional(),
  /** Measured values that rise and fall, by name: `cpu` and `memory` in percent of what the version may use. */
  gauges: z.record(z.string(), z.number()).optional(),
});
export type Counters = z.infer<typeof Counters>;

/** One reading of both versions at the same moment. A missing version is `null`: no data, not zero. */
export const Sample = z.strictObject({
  /** Seconds since the canary was started. */
  t: z.number().nonnegative(),
  /** Share of the traffic that the canary was given, in percent. Observed counts decide, never this. */
  weight: z.number().min(0).max(100),
  canary: Counters.nullable(),
  baseline: Counters.nullable(),
  /** Replicas of the canary at that moment; absent where nobody looked. */
  replicas: z
    .strictObject({
      ready: z.int().nonnegative(),
      desired: z.int().nonnegative(),
      /** Most restarts of one of them. */
      restarts: z.int().nonnegative().optional(),
    })
    .optional(),
  /** Names of the critical alerts that fired; null when they could not be read, absent when nobody asks for them. */
  alerts: z.array(z.string()).nullable().optional(),
});
export type Sample = z.infer<typeof Sample>;
