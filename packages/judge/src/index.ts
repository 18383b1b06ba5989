export { increase, since, sum } from "./arms.ts";
export { type GuardState, observeGuards, startGuards } from "./guards.ts";
export { exceedances, quantileSeconds } from "./histogram.ts";
export { advance, conclude, isWorse, judgeAway, observe, start } from "./judge.ts";
export { type DetectionInput, detectionSeconds } from "./planning.ts";
export {
  type Bound,
  type Guard,
  type Policy,
  type PolicyOptions,
  policyFor,
  watchGuards,
  withDefaultGuards,
} from "./policy.ts";
export type { Context, JudgeState } from "./state.ts";
