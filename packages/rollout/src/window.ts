import type { Observation, VersionSpec } from "@sluice/ports";
import { runsTheSame } from "./configuration.ts";

/** How long ago a version may have been trusted to come back without steps: so many revisions or so much time. */
export type RollbackWindow = { revisions: number } | { seconds: number };

/**
 * Why a version may come back without steps and analysis: it was trusted not long ago, made of the same and run with
 * the same configuration. Null when it may not.
 *
 * @param now milliseconds since 1970
 */
export function recentlyTrusted(
  window: RollbackWindow | undefined,
  seen: Pick<Observation, "history">,
  wanted: VersionSpec,
  now: number,
): string | null {
  if (!window) return null;
  // The newest is the one that is trusted now; the one at 1 was so until the newest came.
  const index = seen.history.findIndex(
    ({ spec }, i) => i > 0 && spec.version === wanted.version && runsTheSame(spec, wanted),
  );
  if (index < 0) return null;
  const until = seen.history[index - 1]!.stableSince;
  const isWithin = "revisions" in window ? index <= window.revisions : now - until <= 1000 * window.seconds;
  if (!isWithin) return null;
  const ago = `${index} revision${index === 1 ? "" : "s"} ago, until ${new Date(until).toISOString()}`;
  return `${wanted.version} was trusted ${ago}; within the rollback window it comes back without steps and analysis.`;
}
