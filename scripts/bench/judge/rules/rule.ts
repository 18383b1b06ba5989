import type { Run } from "../traffic.ts";

/** A rule that watches a rollout and may end it. */
export interface Rule {
  name: string;
  /** Where the rule is from. */
  source: string;
  /** Minutes after which it rolls back; null when it never does. */
  decide(run: Run): number | null;
}

/**
 * Ends a rollout after some failed checks, one check a minute.
 *
 * @param isFailed whether the check of a minute fails, counted from 0
 * @param inARow   whether a check that passes starts the count anew
 * @returns minutes until the check that made it `limit` failures; null when there were fewer
 */
export function afterFailures(
  checks: number,
  isFailed: (minute: number) => boolean,
  limit: number,
  inARow = false,
): number | null {
  let failed = 0;
  for (let minute = 0; minute < checks; minute++) {
    if (isFailed(minute)) failed++;
    else if (inARow) failed = 0;
    if (failed >= limit) return minute + 1;
  }
  return null;
}

/** Failures over requests of one minute; zero when nothing was asked, as no rule calls that a failure. */
export const ratioIn = (arm: Run["minutes"]["canary"], minute: number): number =>
  arm.requests[minute]! > 0 ? arm.errors[minute]! / arm.requests[minute]! : 0;
