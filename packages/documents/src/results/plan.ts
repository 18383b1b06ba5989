import { z } from "zod";
import { Plan } from "../plan.ts";

export const PlanDetails = z.strictObject({
  stage: z.literal("plan"),
  plan: Plan,
  /** SHA-256 of the canonical plan; approvals bind to it. */
  planHash: z.string(),
});
export type PlanDetails = z.infer<typeof PlanDetails>;
