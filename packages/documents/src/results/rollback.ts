import { z } from "zod";
import { MigrationPhase } from "./migrate.ts";
import { Check } from "./verify.ts";
import { WatchDetails } from "./watch.ts";

/** What a rollback does about the database, and why: it never runs a migration backwards. */
export const DatabaseDecision = z.strictObject({
  /** `none`: no migration belongs to the version that goes; `kept`: those that were applied are left; `refused`: one is in the way. */
  decision: z.enum(["none", "kept", "refused"]),
  sentence: z.string(),
  /** Files of the migrations that were applied since the version that comes back was replaced. */
  migrations: z.array(z.strictObject({ file: z.string(), phase: MigrationPhase.nullable() })),
});
export type DatabaseDecision = z.infer<typeof DatabaseDecision>;

export const RollbackDetails = z.strictObject({
  stage: z.literal("rollback"),
  /** Why it was rolled back, as a person or the judge said it. */
  reason: z.string(),
  services: z.array(
    z.strictObject({
      name: z.string(),
      from: z.string().nullable(),
      to: z.string().nullable(),
      /** Seconds from the start of the rollback until all traffic was on the old version; null if it never was. */
      secondsUntilTrafficBack: z.number().nonnegative().nullable(),
      status: z.enum(["rolled_back", "rollback_failed", "skipped"]),
      message: z.string(),
    }),
  ),
  checks: z.array(Check),
  /** What it meant for the database; absent when nothing was taken back. */
  database: DatabaseDecision.optional(),
  /** What was seen in the time after it; absent when nothing was watched. */
  watch: WatchDetails.omit({ stage: true }).optional(),
});
export type RollbackDetails = z.infer<typeof RollbackDetails>;
