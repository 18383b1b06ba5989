export { isDeployedNow } from "./chosen-environment.ts";
export { type Context, type OpenOptions, openEnvironment } from "./context.ts";
export { examine } from "./examine.ts";
export type { JournalPlace } from "./journal-home.ts";
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
export { runPipeline } from "./run-pipeline.ts";
export { buildStage } from "./stages/build.ts";
export { deployedServices, deployStage } from "./stages/deploy.ts";
export { migrateStage } from "./stages/migrate.ts";
export { planFile, planStage } from "./stages/plan.ts";
export { recheckStage } from "./stages/recheck.ts";
export { reportStage, summaryOf } from "./stages/report.ts";
export { rollbackStage } from "./stages/rollback.ts";
export { scanStage } from "./stages/scan.ts";
export { verifyStage } from "./stages/verify.ts";
export { type EnvironmentStatus, formatStatus, statusOf } from "./status.ts";
