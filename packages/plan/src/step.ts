import type { PlannedStage, PlannedStep, StageName } from "@sluice/documents";

/** One step in words; `seconds` is what it waits on purpose. */
export function step(
  id: string,
  action: string,
  options: { service?: string; seconds?: number } = {},
): PlannedStep {
  const { service, seconds = 0 } = options;
  return { id, action, ...(service === undefined ? {} : { service }), waitSeconds: seconds };
}

/** A stage with the sum of its waits. */
export const stage = (name: StageName, steps: PlannedStep[]): PlannedStage => ({
  stage: name,
  steps,
  waitSeconds: sumOfWaits(steps),
});

/** A stage that is left out, with the reason. */
export const skippedStage = (name: StageName, reason: string): PlannedStage => ({
  stage: name,
  skipped: reason,
  steps: [],
  waitSeconds: 0,
});

/** Sum of the waits in seconds, exact to the millisecond, so that 0.1 and 0.2 are 0.3 on every machine. */
export const sumOfWaits = (steps: readonly { waitSeconds: number }[]): number =>
  steps.reduce((total, { waitSeconds }) => total + Math.round(waitSeconds * 1000), 0) / 1000;

/** `1 replica`, `2 replicas`. */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? "" : "s"}`;
