export { increase, nothing, since, sum } from "./arms.ts";
export { type DetectionPlan, type Proposal, planDetection, proposeSteps } from "./detection-plan.ts";
export { quantileSeconds } from "./histogram.ts";
export { advance, conclude, isWorse, judgeAway, observe, start } from "./judge.ts";
export { type Learned, learn, type OwnMetric, ownDispersion } from "./learning.ts";
export {
  type Bound,
  type Policy,
  type PolicyOptions,
  policyFor,
  watchGuards,
  withDefaultGuards,
} from "./policy.ts";
export { shareInterval } from "./proportion.ts";
export { parseReadings } from "./readings.ts";
export { finalLine, type Replay, type ReplayPart, replay, verdictLine } from "./replay.ts";
export { digits } from "./sentences.ts";
export type { JudgeState } from "./state.ts";
export { trafficAt } from "./traffic.ts";
