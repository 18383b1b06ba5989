import type { Event, Sample } from "@sluice/documents";

/**
 * The samples of the rollout of a service that is under way, as the journal has them: what a second run hands to the
 * judge so that it goes on where the first was. Empty when the last rollout has ended.
 */
export function samplesOf(journal: readonly Event[], service: string): Sample[] {
  let samples: Sample[] = [];
  for (const event of journal) {
    if (event.service !== service) continue;
    if (event.type === "rollout.started" && !event.data.resumed) samples = [];
    if (event.type === "rollout.sample") samples.push(event.data);
    const isOver = event.type === "rollout.finished" && !["held", "inconclusive"].includes(event.data.status);
    if (isOver) samples = [];
  }
  return samples;
}
