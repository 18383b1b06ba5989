import { z } from "zod";
import { Problem } from "./problem.ts";
import { BuildDetails } from "./results/build.ts";
import { DeployDetails } from "./results/deploy.ts";
import { MigrateDetails } from "./results/migrate.ts";
import { PlanDetails } from "./results/plan.ts";
import { ReportDetails } from "./results/report.ts";
import { RollbackDetails } from "./results/rollback.ts";
import { ScanDetails } from "./results/scan.ts";
import { VerifyDetails } from "./results/verify.ts";
import { WatchDetails } from "./results/watch.ts";
import { Status } from "./status.ts";

export * from "./results/build.ts";
export * from "./results/deploy.ts";
export * from "./results/migrate.ts";
export * from "./results/plan.ts";
export * from "./results/report.ts";
export * from "./results/rollback.ts";
export * from "./results/scan.ts";
export * from "./results/verify.ts";
export * from "./results/watch.ts";

/** What only one stage has to say; a stage that was stopped before it could say it has `null`. */
export const Details = z.discriminatedUnion("stage", [
  PlanDetails,
  BuildDetails,
  ScanDetails,
  MigrateDetails,
  DeployDetails,
  VerifyDetails,
  WatchDetails,
  RollbackDetails,
  ReportDetails,
]);
export type Details = z.infer<typeof Details>;

/** What a stage did, as it is handed to the next one and to the report. */
export const Result = z.strictObject({
  schema: z.literal("sluice/result/v1"),
  stage: z.enum(["plan", "build", "scan", "migrate", "deploy", "verify", "watch", "rollback", "report"]),
  environment: z.string(),
  version: z.string().optional(),
  status: Status,
  reasonCode: Problem.shape.reasonCode,
  /** One sentence for a person. */
  summary: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  problems: z.array(Problem),
  details: Details.nullable(),
});
export type Result = z.infer<typeof Result>;

/** The details of one stage: `DetailsOf<"build">`. */
export type DetailsOf<S extends Details["stage"]> = Extract<Details, { stage: S }>;
