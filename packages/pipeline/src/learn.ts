import { type Event, eventDispersion, type LearnedNumber } from "@sluice/documents";
import { recordedRollouts } from "@sluice/journal";
import {
  type Learned,
  learn,
  type OwnMetric,
  ownDispersion,
  type PolicyOptions,
  policyFor,
} from "@sluice/judge";
import type { RolloutEvent } from "@sluice/rollout";

/** What the journal of an environment says about the traffic of a service, and about those metrics of its own. */
export const learnedOf = (
  events: readonly Event[],
  service: string,
  metrics: readonly OwnMetric[] = [],
): Learned =>
  learn(
    recordedRollouts(events.filter((event) => event.service === service))
      .filter(({ finishedAt }) => finishedAt !== null)
      .map(({ status, parts }) => ({
        isPromoted: status === "succeeded",
        readings: parts.flatMap(({ readings }) => readings),
      })),
    metrics,
  );

/**
 * The numbers that a judge goes by beside the configuration, and where each came from.
 *
 * @param metrics the metrics of one's own that are compared; one that nothing is known about goes by the errors' number
 */
export function originsOf(learned: Learned, metrics: readonly OwnMetric[] = []): LearnedNumber[] {
  const { errorDispersion, latencyDispersion, errorRatio } = learned;
  const { tempering, latencyTempering } = policyFor();
  const one = (name: string, value: number | undefined, rollouts: number | undefined, otherwise: number) => ({
    name,
    value: value ?? otherwise,
    source: value === undefined ? ("default" as const) : ("learned" as const),
    rollouts: rollouts ?? 0,
  });
  return [
    one("errorDispersion", errorDispersion?.value, errorDispersion?.rollouts, 1 / tempering),
    one("latencyDispersion", latencyDispersion?.value, latencyDispersion?.rollouts, 1 / latencyTempering),
    ...metrics.map(({ name }) => {
      const own = ownDispersion(learned, name);
      const otherwise = errorDispersion?.value ?? 1 / tempering;
      return one(eventDispersion(name), own?.value, own?.rollouts, otherwise);
    }),
    ...(errorRatio ? [one("errorRatio", errorRatio.value, errorRatio.rollouts, 0)] : []),
  ];
}

/** Notes in the journal what a rollout is judged by, as soon as there is a rollout: with its samples, it can be replayed. */
export const recordWithPolicy =
  (record: (event: RolloutEvent) => Promise<void>, options: PolicyOptions, learned: Learned) =>
  async (event: RolloutEvent): Promise<void> => {
    await record(event);
    if (event.type !== "rollout.started") return;
    const data = { options: { ...options }, learned: originsOf(learned, options.events) };
    await record({
      type: "rollout.policy",
      at: event.at,
      data,
      ...(event.service ? { service: event.service } : {}),
    });
  };
