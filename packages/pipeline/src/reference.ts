import type { Event, EventOf } from "@sluice/documents";
import type { Policy } from "@sluice/judge";

/**
 * What the old version of a service was like in its last rollout: error ratio and latency of the baseline, to hold
 * the new version against once there is no old one left to compare with.
 *
 * @returns undefined when nothing was compared, as in a first deployment
 */
export function referenceOf(events: readonly Event[], service: string): Policy["reference"] {
  const verdict = events.findLast(
    (event): event is EventOf<"rollout.verdict"> =>
      event.type === "rollout.verdict" && event.service === service,
  );
  const baseline = verdict?.data.evidence.baseline;
  if (!baseline || baseline.requests === 0) return undefined;
  return { errorRatio: baseline.errors / baseline.requests, p99Milliseconds: baseline.p99 };
}
