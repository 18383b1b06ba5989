import type { Event, EventOf } from "@sluice/documents";

/** A deployment that is to be looked at again, or will be. Times are milliseconds since 1970. */
export interface Recheck {
  service: string;
  version: string;
  /** The version before; null where there was none. */
  from: string | null;
  deployedAt: number;
  /** Seconds after the deployment at which this look is due; of several that are overdue, the latest. */
  afterSeconds: number;
  /** No later look follows. */
  isLast: boolean;
}

/**
 * The newest deployment of each service, as far as it has looks left that were not made: those that are due at `now`,
 * and the moment of the next one. A deployment that was taken back, or replaced, has none.
 *
 * @param after seconds after a deployment at which it is looked at again
 */
export function rechecks(
  events: readonly Event[],
  after: readonly number[],
  now: number,
): { due: Recheck[]; nextAt: number | null } {
  const due: Recheck[] = [];
  let nextAt: number | null = null;
  for (const [service, deployed] of newestDeployments(events)) {
    const { version, from, at } = deployed;
    const done = Math.max(
      0,
      ...events.flatMap((event) =>
        event.type === "recheck.finished" && event.service === service && Date.parse(event.at) >= at
          ? [event.data.dueAfterSeconds]
          : [],
      ),
    );
    const left = [...after].sort((a, b) => a - b).filter((seconds) => seconds > done);
    const afterSeconds = left.findLast((seconds) => at + 1000 * seconds <= now);
    const later = left.find((seconds) => at + 1000 * seconds > now);
    if (afterSeconds !== undefined)
      due.push({ service, version, from, deployedAt: at, afterSeconds, isLast: later === undefined });
    else if (later !== undefined) nextAt = Math.min(nextAt ?? Number.POSITIVE_INFINITY, at + 1000 * later);
  }
  return { due, nextAt };
}

interface Deployed {
  version: string;
  from: string | null;
  at: number;
}

/** By service, the rollout that was finished last, where it was a deployment that stayed. */
function newestDeployments(events: readonly Event[]): Map<string, Deployed> {
  const newest = new Map<string, Deployed>();
  const started = new Map<string, EventOf<"rollout.started">["data"]>();
  for (const event of events) {
    const { service } = event;
    if (service === undefined) continue;
    if (event.type === "rollout.started") started.set(service, event.data);
    if (event.type !== "rollout.finished") continue;
    const { status, reasonCode, version } = event.data;
    if (status === "succeeded" && reasonCode === "deploy.promoted") {
      const from = started.get(service)?.from ?? null;
      newest.set(service, { version, from, at: Date.parse(event.at) });
    } else if (status === "rolled_back" && reasonCode === "rollback.verified") newest.delete(service);
  }
  return newest;
}
