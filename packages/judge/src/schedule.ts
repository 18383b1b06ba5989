/**
 * Where a rollout is in its plan. The exact test needs weights and times that do not depend on the canary's errors;
 * a step that is held longer or left earlier than planned ends it.
 */
export interface ScheduleState {
  /** Index of the planned step; -1 before the first, and the number of steps after the last. */
  index: number;
  /** Why the rollout no longer follows its plan; null while it does. */
  left: "unplanned-weight" | "step-held" | "step-shortened" | null;
}

export interface PlannedStep {
  /** Percent. */
  weight: number;
  pauseSeconds: number;
}

export const startSchedule = (): ScheduleState => ({ index: -1, left: null });

/** Seconds of the plan in which the versions are compared. */
export const horizonOf = (plan: readonly PlannedStep[]): number =>
  plan.reduce((sum, { pauseSeconds }) => sum + pauseSeconds, 0);

/** How much longer a step may last because the replicas of the next one have to start. */
const slackSeconds = ({ pauseSeconds }: PlannedStep) => Math.max(120, pauseSeconds / 5);
/** How much earlier the reading may be that first shows the next weight. */
const earlySeconds = 60;

/**
 * @param weight of the newest reading
 * @param lasted seconds that the step has had, or had when the weight changed
 */
export function follow(
  state: ScheduleState,
  plan: readonly PlannedStep[],
  weight: number,
  lasted: number,
): ScheduleState {
  if (state.left || state.index >= plan.length || (state.index < 0 && weight <= 0)) return state;
  const current = plan[state.index];
  if (current && lasted > current.pauseSeconds + slackSeconds(current))
    return { ...state, left: "step-held" };
  if (current && weight === current.weight) return state;
  if (current && lasted < current.pauseSeconds - earlySeconds) return { ...state, left: "step-shortened" };
  const index = state.index + 1;
  const isPlanned = index === plan.length ? weight >= 100 : plan[index]?.weight === weight;
  return isPlanned ? { index, left: null } : { ...state, left: "unplanned-weight" };
}

/**
 * Seconds of the plan that are over; null outside of it. What a step lasts beyond its planned time is not in the plan.
 *
 * @param inStep seconds since the step began
 */
export function planSeconds(
  { index, left }: ScheduleState,
  plan: readonly PlannedStep[],
  inStep: number,
): number | null {
  const step = plan[index];
  if (left || !step || inStep > step.pauseSeconds) return null;
  return horizonOf(plan.slice(0, index)) + inStep;
}
