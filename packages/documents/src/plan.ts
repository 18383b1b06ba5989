import { z } from "zod";
import { Problem } from "./problem.ts";
import { Digest } from "./release.ts";

export const Strategy = z.enum(["recreate", "rolling", "bluegreen", "canary"]);
export type Strategy = z.infer<typeof Strategy>;

/** A strategy as people ask for it: one of them, or `auto`, which chooses one by the size of the change. */
export const StrategySetting = z.enum([...Strategy.options, "auto"]);
export type StrategySetting = z.infer<typeof StrategySetting>;

export const StageName = z.enum([
  "plan",
  "build",
  "scan",
  "migrate",
  "deploy",
  "verify",
  "watch",
  "rollback",
  "report",
]);
export type StageName = z.infer<typeof StageName>;

/** One thing that a stage does; the list is complete: what is not in it does not happen. */
export const PlannedStep = z.strictObject({
  /** A stable name inside the plan, such as `deploy/orders/weight-5`. */
  id: z.string(),
  /** One line in words: "route 5 % of orders to 2.1.0". */
  action: z.string(),
  service: z.string().optional(),
  /** Time that the step waits on purpose (pause of a canary, watch, delay of a health check). */
  waitSeconds: z.number().nonnegative(),
});
export type PlannedStep = z.infer<typeof PlannedStep>;

export const PlannedStage = z.strictObject({
  stage: StageName,
  /** Why the stage is left out; absent when it runs. */
  skipped: z.string().optional(),
  steps: z.array(PlannedStep),
  waitSeconds: z.number().nonnegative(),
});
export type PlannedStage = z.infer<typeof PlannedStage>;

export const PlannedService = z.strictObject({
  name: z.string(),
  tier: z.enum(["core", "supporting", "ui"]),
  strategy: Strategy,
  /** Why this strategy, in a sentence; absent where the configuration or the request names it. */
  why: z.string().optional(),
  replicas: z.number().int().positive(),
  /** The services with which it takes the steps of its canary; absent where it takes them on its own. */
  together: z.array(z.string()).optional(),
  /** The version that serves now and the digest it runs; null when none does, absent when the target was not asked. */
  running: z.strictObject({ version: z.string(), digest: Digest.optional() }).nullable().optional(),
});
export type PlannedService = z.infer<typeof PlannedService>;

/** Everything that a deployment will do, before any of it happens. Canonical: same input, same bytes. */
export const Plan = z.strictObject({
  schema: z.literal("sluice/plan/v1"),
  project: z.string(),
  environment: z.string(),
  target: z.enum(["local", "kubernetes", "ecs"]),
  release: z.strictObject({ version: z.string(), commit: z.string().optional() }),
  /** SHA-256 over the canonical configuration, so that an approval binds to it too. */
  configDigest: Digest,
  services: z.array(PlannedService),
  stages: z.array(PlannedStage),
  approvals: z.array(z.strictObject({ from: z.string(), count: z.number().int().positive() })),
  duration: z.strictObject({
    /** Sum of every deliberate wait, in seconds. */
    waitSeconds: z.number().nonnegative(),
    /** Time limit of the job that runs it, in seconds. */
    limitSeconds: z.number().positive(),
  }),
  /** What a rollback of this release would do, in order. */
  rollback: z.array(PlannedStep),
  /** What is worth knowing before it is approved; while one of severity `error` is there, it must not be carried out. */
  warnings: z.array(Problem),
});
export type Plan = z.infer<typeof Plan>;
