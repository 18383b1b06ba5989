import type { RolloutView } from "@sluice/journal";

/** One critical alert that fired while a rollout was under way, in seconds since the rollout was started. */
export interface AlertView {
  name: string;
  /** The first reading that saw it; null when it fired at the first one already, before the release. */
  since: number | null;
  /** The first reading that saw it no more; null when it fired to the end. */
  until: number | null;
}

/**
 * The critical alerts that readings of a rollout saw: those that began to fire during it, the first to fire first, and
 * then those of before. One that stopped and fired again counts from its first time to its last. Null when no reading
 * knew about alerts.
 */
export function alertsOf(rollout: RolloutView): AlertView[] | null {
  const readings = rollout.samples.flatMap(({ at, sample }) =>
    sample.alerts ? [{ t: (at - rollout.startedAt) / 1000, firing: sample.alerts }] : [],
  );
  const [first] = readings;
  if (!first) return null;
  const alerts = [...new Set(readings.flatMap(({ firing }) => firing))].map((name) => {
    const sees = ({ firing }: typeof first) => firing.includes(name);
    return {
      name,
      since: sees(first) ? null : readings.find(sees)!.t,
      until: readings[readings.findLastIndex(sees) + 1]?.t ?? null,
    };
  });
  return [...alerts.filter(({ since }) => since !== null), ...alerts.filter(({ since }) => since === null)];
}
