import type { Event, EventOf } from "@sluice/documents";
import type { Policy } from "@sluice/judge";
import { learnedOf } from "./learn.ts";

/**
 * What the old version of a service was like in its last rollout: error ratio and latency of the baseline, to hold
 * the new version against once there is no old one left to compare with. Where it failed too seldom to say, the
 * ratio over the rollouts before is taken.
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
  const { requests, errors, p99: p99Milliseconds } = baseline;
  if (errors >= enoughErrors) return { errorRatio: errors / requests, p99Milliseconds };
  const { errorRatio } = learnedOf(events, service);
  return { errorRatio: errorRatio?.value ?? errors / requests, p99Milliseconds };
}

/** With fewer errors than this, a ratio says less than that of the rollouts before together with it. */
const enoughErrors = 20;
