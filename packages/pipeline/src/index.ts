export { isDeployedNow } from "./chosen-environment.ts";
export { type Context, type OpenOptions, openEnvironment } from "./context.ts";
export type { Examination } from "./examination.ts";
export { examine } from "./examine.ts";
export type { JournalPlace } from "./journal-home.ts";
export { learnedOf, originsOf } from "./learn.ts";
export { type LintReport, lintProject } from "./lint-project.ts";
export { openForAction } from "./open-for-action.ts";
export {
  formatAnswer,
  haltRollouts,
  type OperatorAnswer,
  type OperatorOptions,
  promoteRollouts,
} from "./operate.ts";
export { programPath } from "./programs.ts";
export { digestsOf, releaseFile } from "./release.ts";
export type { RolloutProgress } from "./rollout-progress.ts";
export { type PipelineOutcome, type PipelineRequest, runPipeline } from "./run-pipeline.ts";
export { buildStage } from "./stages/build.ts";
export { deployedServices, deployStage } from "./stages/deploy.ts";
export { migrateStage } from "./stages/migrate.ts";
export { planFile, planStage } from "./stages/plan.ts";
export { recheckStage } from "./stages/recheck.ts";
export { reportStage, summaryOf } from "./stages/report.ts";
export { rollbackStage } from "./stages/rollback.ts";
export { scanStage } from "./stages/scan.ts";
export { verifyStage } from "./stages/verify.ts";
export { watchStage } from "./stages/watch.ts";
export { type EnvironmentStatus, formatStatus, statusOf } from "./status.ts";
