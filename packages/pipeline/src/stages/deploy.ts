import { allOf } from "@sluice/config";
import {
  type DeployedService,
  mayContinue,
  type Problem,
  Refusal,
  type Release,
  type Result,
  type StrategySetting,
} from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import type { RolloutSpec } from "@sluice/rollout";
import { holdForAlerts } from "../alert-gate.ts";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { deployService, letOldGo, takenBackBefore } from "../deploy-service.ts";
import { withLock } from "../lock.ts";
import { patienceOf } from "../newer-release.ts";
import { namesOf, readRelease } from "../release.ts";
import { rolloutSpecOf, type ServiceRelease } from "../rollout-spec.ts";
import { runStage, type StageOutcome } from "../stage.ts";
import { takeBackEarlier } from "../take-back.ts";

export interface DeployRequest {
  version?: string;
  services?: readonly string[];
  /** Release document, relative to the project; the one in the output folder when it is left out. */
  releasePath?: string;
  /** Instead of the configured strategy, for every service. */
  strategy?: StrategySetting;
  /** The old versions stand by when this returns, for as long as is configured; `releaseOld` lets them go. */
  leavesOld?: boolean;
  /** Begin although critical alerts fire: what is deployed is to mend them. */
  despiteAlerts?: boolean;
}

/**
 * Rolls the services of a release out, one after the other in the order of their tiers; each is checked before the
 * next. When one has to be taken back, those before it in this release are taken back too, in the opposite order.
 */
export function deployStage(context: Context, request: DeployRequest): Promise<Result> {
  return runStage(context, "deploy", request.version, async () => {
    const release = await releaseOf(context, request);
    return withLock(
      context,
      async (fence) => {
        const done: DeployedService[] = [];
        const notes: Problem[] = [];
        for (const service of servicesOf(context, release, request)) {
          const before = await beginning(context, service);
          if (before) notes.push(...(await noteTriedAgain(context, service)));
          // A deployment that has begun goes on with its own judge.
          const held =
            before && !request.despiteAlerts ? await holdForAlerts(context, service, before.stable) : null;
          const deployed =
            held ?? (await deployService(context, service, { fence, leavesOld: request.leavesOld }));
          done.push(deployed);
          if (mayContinue(deployed.status)) continue;
          const reverted = await takeBackEarlier(context, done.slice(0, -1), deployed, fence);
          return outcomeOf(release.version, done, reverted, notes);
        }
        return outcomeOf(release.version, done, [], notes);
      },
      patienceOf(context, release.version),
    );
  });
}

/** How the services of a release would be rolled out now; the ids of their rollouts follow from that. */
export async function specsOfRelease(context: Context, request: DeployRequest): Promise<RolloutSpec[]> {
  const release = await releaseOf(context, request);
  return Promise.all(servicesOf(context, release, request).map((service) => rolloutSpecOf(context, service)));
}

/** Lets the old versions go that `leavesOld` left standing by, each when its time is over. */
export function releaseOld(context: Context, request: DeployRequest): Promise<void> {
  return withLock(context, async (fence) => {
    for (const spec of await specsOfRelease(context, request)) await letOldGo(context, spec, fence);
  });
}

const releaseOf = (context: Context, { releasePath, version }: DeployRequest): Promise<Release> =>
  readRelease(context, releasePath || undefined, version || undefined);

/** What is there of a service that this deployment begins with; null when the version runs or was begun already. */
async function beginning(
  context: Context,
  { settings, version }: ServiceRelease,
): Promise<Observation | null> {
  const seen = await context.target.target.observe(settings.name, context.signal);
  return seen.stable === version || seen.rollout?.to === version ? null : seen;
}

/** Says that a version was taken back here before; it is judged anew, as the reason may have been another one. */
async function noteTriedAgain(context: Context, { settings, version }: ServiceRelease): Promise<Problem[]> {
  const before = takenBackBefore(await context.journal.events(), settings.name, version);
  if (!before) return [];
  const message = `${version} of ${settings.name} was taken back here at ${before.at}: ${before.why} It is tried again.`;
  context.onProgress({ type: "warning", service: settings.name, text: message });
  return [{ severity: "warning", reasonCode: "deploy.tried-again", message }];
}

function servicesOf(context: Context, release: Release, request: DeployRequest): ServiceRelease[] {
  const wanted = chosenServices(context, request.services);
  const built = new Map(release.services.map(({ name, artifact }) => [name, artifact]));
  const missing = namesOf(request.services)?.filter((name) => !built.has(name)) ?? [];
  if (missing.length > 0)
    throw new Refusal({
      reasonCode: "deploy.no-release",
      message: `Release ${release.version} does not contain ${missing.join(", ")}.`,
      remedy: `It contains ${allOf([...built.keys()])}. Build the others first.`,
    });
  return wanted.flatMap((settings) => {
    const artifact = built.get(settings.name);
    return artifact ? [{ settings, version: release.version, artifact, strategy: request.strategy }] : [];
  });
}

function outcomeOf(
  version: string,
  done: readonly DeployedService[],
  reverted: readonly DeployedService[],
  notes: readonly Problem[],
): StageOutcome {
  const services = done.map((service) => reverted.find(({ name }) => name === service.name) ?? service);
  const details = { stage: "deploy" as const, services };
  const lost = services.find(({ status }) => status === "rollback_failed");
  const last = lost ?? done.at(-1);
  if (!last || (mayContinue(last.status) && !lost)) {
    const changed = services.filter(
      ({ status, reasonCode }) => status === "succeeded" && reasonCode !== "deploy.unchanged",
    );
    if (changed.length === 0)
      return {
        status: "succeeded",
        reasonCode: "deploy.unchanged",
        summary: `Everything runs ${version} already.`,
        problems: notes,
        details,
      };
    const names = changed.map(({ name }) => name).join(", ");
    return {
      status: "succeeded",
      reasonCode: "deploy.promoted",
      summary: `${version} of ${names} has all of the traffic.`,
      problems: notes,
      details,
    };
  }
  return {
    status: last.status,
    reasonCode: last.reasonCode,
    summary: `${last.name}: ${last.message}`,
    problems: [
      { severity: "error", reasonCode: last.reasonCode, message: `${last.name}: ${last.message}` },
      ...notes,
    ],
    details,
  };
}

/** What the actions put out about a deployment. */
export function deployedServices(result: Result): {
  url: string;
  statuses: Record<string, string>;
  verdict: string;
} {
  const services = result.details?.stage === "deploy" ? result.details.services : [];
  return {
    url: services.find(({ url }) => url)?.url ?? "",
    statuses: Object.fromEntries(services.map(({ name, status }) => [name, status])),
    verdict: services.findLast(({ verdict }) => verdict)?.verdict?.verdict ?? "",
  };
}
