import { z } from "zod";
import { Strategy } from "../plan.ts";
import { Problem } from "../problem.ts";
import { Digest } from "../release.ts";
import { Status } from "../status.ts";
import { Verdict } from "../verdict.ts";

export const DeployedService = z.strictObject({
  name: z.string(),
  strategy: Strategy,
  from: z.string().nullable(),
  to: z.string(),
  digest: Digest.optional(),
  status: Status,
  reasonCode: Problem.shape.reasonCode,
  /** One sentence for a person: why it ended like this. */
  message: z.string(),
  seconds: z.number().nonnegative(),
  /** Where users reach the service. */
  url: z.string().optional(),
  /** The verdict that ended the rollout; null for strategies without a judge. */
  verdict: Verdict.nullable(),
  /** Requests that the new version answered before the end of the rollout, and those of them that failed. */
  canary: z.strictObject({ requests: z.number(), errors: z.number() }).nullable(),
});
export type DeployedService = z.infer<typeof DeployedService>;

export const DeployDetails = z.strictObject({
  stage: z.literal("deploy"),
  services: z.array(DeployedService),
});
export type DeployDetails = z.infer<typeof DeployDetails>;
