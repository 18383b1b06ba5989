import { z } from "zod";
import { Problem } from "./problem.ts";

export const VerdictKind = z.enum(["continue", "hold", "promote", "rollback", "inconclusive"]);
export type VerdictKind = z.infer<typeof VerdictKind>;

/** Counts of one version over the time the verdict is about. */
export const ArmCounts = z.strictObject({
  requests: z.number(),
  errors: z.number(),
  /** 99th percentile of latency in milliseconds, read from the histogram; null without requests. */
  p99: z.number().nullable(),
});
export type ArmCounts = z.infer<typeof ArmCounts>;

/** What one metric says about canary against baseline. */
export const MetricEvidence = z.strictObject({
  metric: z.string(),
  /** Evidence against "the canary is not worse than the tolerated ratio"; `1/(alpha * share)` decides alone. */
  eValue: z.number().nonnegative(),
  /** Always-valid p: one over the largest e-value so far, at most 1. */
  p: z.number().min(0).max(1),
  /** Ratio canary : baseline with its confidence sequence; null where nothing can be said yet. */
  ratio: z
    .strictObject({
      estimate: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    })
    .nullable(),
  /** Part of alpha that the metric has. */
  share: z.number().min(0).max(1).optional(),
  /** Versions whose newest reading does not have the metric; absent when both have it. */
  missing: z.array(z.enum(["canary", "baseline"])).optional(),
  /** The exact test over the planned rollout; absent where it cannot be used. */
  exactTest: z
    .strictObject({
      /** Its part of alpha over the whole plan, and how much of it is spent. */
      alpha: z.number(),
      spent: z.number(),
      /** Events of the canary in the planned time, and from how many on the last look rejects. */
      events: z.number(),
      bound: z.number().nullable(),
      isReached: z.boolean(),
      /** Why it looks no more; null while the rollout follows its plan. */
      stoppedBy: z.enum(["unplanned-weight", "step-held", "step-shortened", "outage"]).nullable(),
    })
    .optional(),
});
export type MetricEvidence = z.infer<typeof MetricEvidence>;

/** A bound that holds beside the statistics, whatever the baseline does. */
export const GuardEvidence = z.strictObject({
  /** The condition as the configuration has it, for example `error_rate > 1%`. */
  condition: z.string(),
  band: z.enum(["hold", "rollback", "page"]),
  /** Measured value in the unit of the condition; null when there is no data for it. */
  value: z.number().nullable(),
  isBreached: z.boolean(),
  breachesInARow: z.number().int().nonnegative(),
});
export type GuardEvidence = z.infer<typeof GuardEvidence>;

export const Evidence = z.strictObject({
  canary: ArmCounts.nullable(),
  baseline: ArmCounts.nullable(),
  /** Average of the e-values of all metrics; 1/alpha decides for a rollback. */
  eValue: z.number().nonnegative(),
  /** Always-valid p of the whole comparison: one over its largest e-value so far, at most 1. */
  p: z.number().min(0).max(1),
  /** Evidence against "the canary is harmfully worse"; 1/beta is enough for a promotion. */
  promotionEValue: z.number().nonnegative(),
  /** The metric or the condition that decided; null while nothing is decided. */
  decidedBy: z.string().nullable(),
  /** The time whose counts decided, in seconds since the canary was started; absent while nothing is decided. */
  interval: z.strictObject({ from: z.number(), to: z.number() }).optional(),
  metrics: z.array(MetricEvidence),
  guards: z.array(GuardEvidence),
  /** Critical alerts that began to fire since the release began; absent where alerts are not read. */
  alerts: z.array(z.string()).optional(),
  /** Error budgets: alpha for a rollback of a good release, beta for the promotion of a bad one. */
  alpha: z.number(),
  beta: z.number(),
});
export type Evidence = z.infer<typeof Evidence>;

export const Verdict = z.strictObject({
  schema: z.literal("sluice/verdict/v1"),
  /** Seconds since the canary was started. */
  t: z.number().nonnegative(),
  verdict: VerdictKind,
  reasonCode: Problem.shape.reasonCode,
  /** One sentence that a person on call understands. */
  sentence: z.string(),
  evidence: Evidence,
});
export type Verdict = z.infer<typeof Verdict>;

/** A verdict as another document holds it, which has a schema of its own. */
export const SaidVerdict = Verdict.omit({ schema: true });
export type SaidVerdict = z.infer<typeof SaidVerdict>;

/** What goes into another document of a verdict. */
export const withoutSchema = ({ schema: _schema, ...said }: Verdict): SaidVerdict => said;
