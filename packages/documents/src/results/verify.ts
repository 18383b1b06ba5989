import { z } from "zod";

export const CheckKind = z.enum(["health", "smoke", "version", "metrics", "database", "script"]);
export type CheckKind = z.infer<typeof CheckKind>;

export const Check = z.strictObject({
  /** For example `orders: health`, `shop: smoke "place an order"`. */
  name: z.string(),
  kind: CheckKind,
  service: z.string().optional(),
  passed: z.boolean(),
  /** 0 when it was not run because another check, on which it depends, had failed. */
  attempts: z.number().int().nonnegative(),
  seconds: z.number().nonnegative(),
  /** What was found; for a failure, what was expected as well. */
  message: z.string(),
});
export type Check = z.infer<typeof Check>;

export const VerifyDetails = z.strictObject({ stage: z.literal("verify"), checks: z.array(Check) });
export type VerifyDetails = z.infer<typeof VerifyDetails>;
