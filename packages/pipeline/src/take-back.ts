import type { DeployedService } from "@sluice/documents";
import { lastDeployment, runs } from "@sluice/journal";
import type { RolledBackService } from "@sluice/rollout";
import { bringBack } from "./bring-back.ts";
import type { Context } from "./context.ts";
import type { Fence } from "./lock.ts";

/** A deployment that was undone, and whether that worked. */
export function takenBack(
  deployed: DeployedService,
  back: RolledBackService,
  message: string,
): DeployedService {
  return back.status === "rolled_back"
    ? { ...deployed, status: "rolled_back", reasonCode: "deploy.rolled-back", message }
    : { ...deployed, status: "rollback_failed", reasonCode: "rollback.failed", message };
}

/** Ends of one service after which the others of its release go back: everything but waiting for a person. */
const ends: readonly DeployedService["status"][] = ["rolled_back", "failed", "rollback_failed", "cancelled"];

/**
 * Takes back the services of a release that were promoted before one of them was taken back, the newest first: a
 * release is all or nothing. Those count too that an earlier run of the same release promoted before it died.
 *
 * @param earlier services of the release that this run has dealt with, in their order
 */
export async function takeBackEarlier(
  context: Context,
  earlier: readonly DeployedService[],
  cause: DeployedService,
  fence: Fence,
): Promise<DeployedService[]> {
  if (!ends.includes(cause.status)) return [];
  const reverted: DeployedService[] = [];
  for (const service of earlier.toReversed()) {
    const from =
      service.reasonCode === "deploy.unchanged" ? await fromBefore(context, service) : service.from;
    if (service.status !== "succeeded" || from === null || from === service.to) continue;
    const settings = context.services.find(({ name }) => name === service.name)!;
    const sentence = `${cause.name} of the same release was not promoted (${cause.reasonCode}).`;
    const reason = { reasonCode: "deploy.rolled-back", sentence } as const;
    const back = await bringBack(context, settings, { to: from, reason, fence });
    reverted.push(takenBack({ ...service, from }, back, back.message));
  }
  return reverted;
}

/**
 * The version before, of a service that was promoted by an earlier run of this release which has not ended: it was
 * killed, so its promotions are part of the release that is being carried out again. Null for any other.
 */
async function fromBefore(context: Context, { name, to }: DeployedService): Promise<string | null> {
  const events = await context.journal.events();
  const last = lastDeployment(events, name);
  if (last?.version !== to || last.run === context.run) return null;
  const run = runs(events).find((view) => view.run === last.run);
  if (run?.status !== "running") return null;
  return (
    run.rollouts.findLast(({ service, to: version }) => service === name && version === to)?.from ?? null
  );
}
