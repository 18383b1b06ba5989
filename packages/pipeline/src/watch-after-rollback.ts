import type { Problem, Result } from "@sluice/documents";
import { type WatchOutcome, watchServices } from "@sluice/rollout";
import type { Context } from "./context.ts";
import { holdsLock } from "./lock.ts";
import { holderOf } from "./lock-wait.ts";
import { recordIn } from "./record.ts";
import type { StageOutcome } from "./stage.ts";
import { watchedService } from "./watched.ts";

/** How long an old version is watched that has the traffic again, in seconds: as long as a release, up to a quarter of an hour. */
export const secondsAfterRollback = ({ watch }: Context["environment"]): number =>
  watch.afterRollback ?? Math.min(watch.duration, 900);

/**
 * Watches what was rolled back, when that is configured. A breach means that the old version is no refuge either: the
 * rollback has failed then, and a person is needed.
 */
export async function watchAfterRollback(context: Context, outcome: StageOutcome): Promise<StageOutcome> {
  if (outcome.status !== "rolled_back" || outcome.details?.stage !== "rollback") return outcome;
  const versions = versionsBack(outcome.details.services);
  const watched = await watchVersions(context, versions);
  if (!watched) return outcome;
  const { stage: _, ...seen } = watched.details;
  const details = { ...outcome.details, watch: seen };
  if (watched.status !== "failed")
    return { ...outcome, details, summary: `${outcome.summary} ${watched.summary}` };
  return noRefuge({ ...outcome, details }, watched.summary);
}

/** What becomes of a rollback when the old version turns out to be no refuge; `why` is what its watch has found. */
export function noRefuge<Ended extends { problems?: readonly Problem[] }>(back: Ended, why: string) {
  const message = `The old version has the traffic again, and something is wrong with it: ${why}`;
  const end = { status: "rollback_failed", reasonCode: "rollback.unstable" } as const;
  const problem: Problem = { severity: "error", reasonCode: end.reasonCode, message };
  return { ...back, ...end, summary: message, problems: [problem, ...(back.problems ?? [])] };
}

/** Services that are back, by the version that they are back on. */
export const versionsBack = (
  services: readonly { name: string; status: string; to: string | null }[],
): { name: string; version: string }[] =>
  services.flatMap(({ name, status, to }) =>
    status === "rolled_back" && to !== null ? [{ name, version: to }] : [],
  );

/** The same for what a deployment has taken back itself: there, the version that is back is the one before. */
export const versionsBackOf = (result: Result): { name: string; version: string }[] => {
  if (result.details?.stage === "rollback") return versionsBack(result.details.services);
  if (result.details?.stage !== "deploy") return [];
  return versionsBack(result.details.services.map(({ name, status, from: to }) => ({ name, status, to })));
};

/** Watches versions for the time after a rollback; null when none is configured. Ends when another run is at work. */
export async function watchVersions(
  context: Context,
  versions: readonly { name: string; version: string }[],
): Promise<WatchOutcome | null> {
  const { environment, services, target, clock, signal, onProgress } = context;
  const seconds = secondsAfterRollback(environment);
  if (seconds === 0 || versions.length === 0 || signal.aborted) return null;
  const events = await context.journal.events();
  return watchServices({
    target: target.target,
    // An alert that the bad version has set off fires for a while: it says nothing of the old one.
    services: versions.map(({ name, version }) =>
      watchedService(context, services.find((one) => one.name === name)!, version, events),
    ),
    seconds,
    sampleSeconds: environment.watch.interval,
    clock,
    signal,
    onProgress,
    // These readings are of no release, so nobody learns from them.
    record: ({ type, ...event }) =>
      type === "rollout.sample" ? undefined : recordIn(context)({ type, ...event } as never),
    isOverBecause: async () => {
      if (holdsLock(context)) return null;
      const holder = await holderOf(context);
      return holder ? `Run ${holder.run} of ${holder.owner} is at work.` : null;
    },
  });
}
