import { plan, steps, tickSeconds } from "../judge/scenario.ts";

/**
 * The rollout that is compared: the one of the simulation, made shorter by one factor for everything that has a time:
 * steps, intervals of every rule, windows of queries, warm-up. It has as many ticks at any scale.
 */
export interface Schedule {
  /** How many times shorter than at full length. */
  scale: number;
  steps: readonly { weight: number; pauseSeconds: number }[];
  /** Seconds between two readings of the counters. */
  tickSeconds: number;
}

export const scheduleOf = (scale: number): Schedule => ({
  scale,
  steps: steps.map(({ weight, pauseSeconds }) => ({ weight, pauseSeconds: pauseSeconds / scale })),
  tickSeconds: tickSeconds / scale,
});

/** The weight after some ticks; null when the steps are over and the version would be promoted. */
export const weightAt = (tick: number): number | null => plan[tick]?.weight ?? null;
