import { z } from "zod";
import { Check } from "./verify.ts";

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
});
export type RollbackDetails = z.infer<typeof RollbackDetails>;
