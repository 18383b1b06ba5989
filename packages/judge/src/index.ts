export { increase, since, sum } from "./arms.ts";
export {
  type DetectionPlan,
  type ExaminedStep,
  type Proposal,
  planDetection,
  proposeSteps,
} from "./detection-plan.ts";
export { type GuardState, observeGuards, startGuards } from "./guards.ts";
export { exceedances, quantileSeconds } from "./histogram.ts";
export { advance, conclude, isWorse, judgeAway, observe, start } from "./judge.ts";
export {
  type Learned,
  type LearnedValue,
  learn,
  nothingLearned,
  type PastReading,
  type PastRollout,
} from "./learning.ts";
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
export { shareInterval } from "./proportion.ts";
export { parseReadings } from "./readings.ts";
export { type Detection, type Expected, type RehearsedStep, rehearse } from "./rehearsal.ts";
export { finalLine, type Replay, type ReplayPart, replay, verdictLine } from "./replay.ts";
export { digits } from "./sentences.ts";
export type { Context, JudgeState } from "./state.ts";
export { hourOfWeek, type Traffic, trafficAt } from "./traffic.ts";
