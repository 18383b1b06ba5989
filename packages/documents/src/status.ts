import { z } from "zod";

/**
 * How a stage or a run ended. `rolled_back` only after the verification of the rollback;
 * `held` and `inconclusive` are states of their own: neither a failure nor a pass.
 */
export const Status = z.enum([
  "succeeded",
  "failed",
  "skipped",
  "cancelled",
  "held",
  "inconclusive",
  "rolled_back",
  "rollback_failed",
]);
export type Status = z.infer<typeof Status>;

/** Statuses after which the next stage may run. */
export const mayContinue = (status: Status): boolean => status === "succeeded" || status === "skipped";
