import { buildReasonCodes } from "./build.ts";
import { configReasonCodes } from "./config.ts";
import { deployReasonCodes } from "./deploy.ts";
import { judgeReasonCodes } from "./judge.ts";
import { migrateReasonCodes } from "./migrate.ts";
import { planReasonCodes } from "./plan.ts";
import { rollbackReasonCodes } from "./rollback.ts";
import { runReasonCodes } from "./run.ts";
import { scanReasonCodes } from "./scan.ts";
import { verifyReasonCodes } from "./verify.ts";

/** Every reason code with what it means: the source of the reference page and of the type. */
export const reasonCodes = {
  ...configReasonCodes,
  ...planReasonCodes,
  ...buildReasonCodes,
  ...scanReasonCodes,
  ...migrateReasonCodes,
  ...deployReasonCodes,
  ...judgeReasonCodes,
  ...verifyReasonCodes,
  ...rollbackReasonCodes,
  ...runReasonCodes,
} as const;
export type ReasonCode = keyof typeof reasonCodes;
