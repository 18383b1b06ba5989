import type { Event } from "@sluice/documents";

/**
 * Whether a version came to a service before this run of a workflow, and not by it: what a run has not done need not be
 * taken back after it. Attempts of a run are one run. Outside of workflows nobody knows which calls belong together, so
 * the answer is no.
 *
 * @param run id of this run in the journal
 */
export function cameBefore(events: readonly Event[], run: string, service: string, version: string): boolean {
  const workflow = workflowOf(run);
  const last = events.findLast(
    (event) =>
      event.service === service &&
      ((event.type === "rollout.started" && event.data.to === version) ||
        (event.type === "rollout.finished" &&
          event.data.version === version &&
          event.data.status === "succeeded")),
  );
  return workflow !== null && last !== undefined && workflowOf(last.run) !== workflow;
}

/** What all attempts of a run have in common; null where there is no workflow. */
const workflowOf = (run: string): string | null => /^(github-.+)-\d+$/.exec(run)?.[1] ?? null;
