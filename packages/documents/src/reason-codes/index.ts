import { buildReasonCodes } from "./build.ts";
import { configReasonCodes } from "./config.ts";
import { deployReasonCodes } from "./deploy.ts";
import { judgeReasonCodes } from "./judge.ts";
import { migrateReasonCodes } from "./migrate.ts";
import { operateReasonCodes } from "./operate.ts";
import { planReasonCodes } from "./plan.ts";
import { rollbackReasonCodes } from "./rollback.ts";
import { runReasonCodes } from "./run.ts";
import { scanReasonCodes } from "./scan.ts";
import { verifyReasonCodes } from "./verify.ts";
import { watchReasonCodes } from "./watch.ts";

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
  ...watchReasonCodes,
  ...rollbackReasonCodes,
  ...operateReasonCodes,
  ...runReasonCodes,
} as const;
export type ReasonCode = keyof typeof reasonCodes;
