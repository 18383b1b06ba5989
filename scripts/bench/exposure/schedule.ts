/**
 * The rollout that is compared: the preset of 35 minutes, made shorter by one factor for everything that has a time:
 * steps, intervals of every rule, windows of queries, warm-up.
 */
export interface Schedule {
  /** How many times shorter than at full length. */
  scale: number;
  steps: readonly { weight: number; pauseSeconds: number }[];
  /** Seconds between two readings of the counters: 10 at full length. */
  tickSeconds: number;
}

const minutes = [
  { weight: 5, pause: 10 },
  { weight: 25, pause: 10 },
  { weight: 50, pause: 15 },
];

export const scheduleOf = (scale: number): Schedule => ({
  scale,
  steps: minutes.map(({ weight, pause }) => ({ weight, pauseSeconds: (60 * pause) / scale })),
  tickSeconds: 10 / scale,
});

/** Ticks that a step of the schedule lasts, whatever the scale. */
export const ticksOf = (pauseSeconds: number, { tickSeconds }: Schedule): number =>
  Math.round(pauseSeconds / tickSeconds);

/** The weight after some ticks; null when the steps are over and the version would be promoted. */
export function weightAt(schedule: Schedule, tick: number): number | null {
  let end = 0;
  for (const { weight, pauseSeconds } of schedule.steps) {
    end += ticksOf(pauseSeconds, schedule);
    if (tick < end) return weight;
  }
  return null;
}
