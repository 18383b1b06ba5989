import { z } from "zod";
import { GuardEvidence } from "../verdict.ts";

export const WatchDetails = z.strictObject({
  stage: z.literal("watch"),
  seconds: z.number().nonnegative(),
  services: z.array(
    z.strictObject({
      name: z.string(),
      /** One sentence: what was seen. */
      message: z.string(),
      requests: z.number(),
      errors: z.number(),
      p99: z.number().nullable(),
      guards: z.array(GuardEvidence),
    }),
  ),
});
export type WatchDetails = z.infer<typeof WatchDetails>;
