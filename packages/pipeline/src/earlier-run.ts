import type { Event } from "@sluice/documents";

/** Stages of a run that is to deploy something. */
const deploying: readonly string[] = ["plan", "migrate", "deploy"];

/**
 * Whether this run of a workflow set out to deploy, and a version came to a service before it and not by it: what a run
 * has not done need not be taken back after it. Attempts of a run are one run. Where the run has nothing to do with
 * deploying, somebody wants to get rid of what another run has done; and outside of workflows nobody knows which calls
 * belong together. The answer is no then.
 *
 * @param run id of this run in the journal
 */
export function cameBefore(events: readonly Event[], run: string, service: string, version: string): boolean {
  const workflow = workflowOf(run);
  if (workflow === null) return false;
  const isOurs = (event: Event): boolean => workflowOf(event.run) === workflow;
  const last = events.findLast(
    (event) =>
      event.service === service &&
      ((event.type === "rollout.started" && event.data.to === version) ||
        (event.type === "rollout.finished" &&
          event.data.version === version &&
          event.data.status === "succeeded")),
  );
  if (!last || isOurs(last)) return false;
  return events.some(
    (event) => event.type === "stage.started" && deploying.includes(event.data.stage) && isOurs(event),
  );
}

/** What all attempts of a run have in common; null where there is no workflow. */
const workflowOf = (run: string): string | null => /^(github-.+)-\d+$/.exec(run)?.[1] ?? null;
