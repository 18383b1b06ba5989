import { z } from "zod";
import { LearnedNumber } from "../event.ts";
import { Plan } from "../plan.ts";

/** How soon regressions of a service would be found, at the traffic that its earlier rollouts had. */
export const ServiceDetection = z.strictObject({
  service: z.string(),
  requestsPerSecond: z.number(),
  /** What the rate is the mean of: this hour of the week, this hour of the day, or all hours. */
  trafficOf: z.string(),
  /** Share of failed requests of the version that runs, 0 to 1. */
  errorRatio: z.number(),
  steps: z.array(
    z.strictObject({
      weight: z.number(),
      pauseSeconds: z.number(),
      /** Smallest multiple of the errors that the step finds by itself; null when it finds none. */
      finds: z.number().nullable(),
      /** Seconds that it would need to find 50 times as many; null where a day is too short, or where it does find something. */
      neededSeconds: z.number().nullable(),
      requests: z.number(),
      minimumRequests: z.number(),
    }),
  ),
  detections: z.array(
    z.strictObject({
      metric: z.enum(["errors", "latency"]),
      ratio: z.number(),
      /** Seconds from the first request on the new version; null where the steps end before. */
      seconds: z.number().nullable(),
      badResponses: z.number(),
      decidedBy: z.string().nullable(),
    }),
  ),
  learned: z.array(LearnedNumber),
});
export type ServiceDetection = z.infer<typeof ServiceDetection>;

export const PlanDetails = z.strictObject({
  stage: z.literal("plan"),
  plan: Plan,
  /** SHA-256 of the canonical plan; approvals bind to it. */
  planHash: z.string(),
  /** What the canaries would find; beside the plan, because it changes with the journal and approvals must not. */
  detection: z.array(ServiceDetection).optional(),
});
export type PlanDetails = z.infer<typeof PlanDetails>;
