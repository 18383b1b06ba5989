export { AlertLookout } from "./alerts.ts";
export { burnRates, type Objective, type Reading } from "./burn-rate.ts";
export { differingKeys } from "./configuration.ts";
export { decide } from "./decide.ts";
export type { Abort, Decision, Facts, Outcome } from "./decision.ts";
export type { RolloutEvent, RolloutOptions, Surroundings } from "./options.ts";
export {
  isRollback,
  previousVersion,
  type RollbackOptions,
  type RolledBackService,
  rollbackService,
} from "./rollback.ts";
export { routingRefusals } from "./routing.ts";
export { runRollout } from "./run.ts";
export {
  type CanaryRouting,
  type CanaryStep,
  type Pause,
  type RolloutSpec,
  type Step,
  type StepShape,
  stepsOf,
} from "./spec.ts";
export { type EndedTogether, runTogether } from "./together.ts";
export { type WatchOptions, type WatchOutcome, watchServices } from "./watch.ts";
export type { WatchedService } from "./watch-look.ts";
export { type RollbackWindow, recentlyTrusted } from "./window.ts";
