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
import type { EndedTogether, RolloutSpec } from "@sluice/rollout";
import { holdForAlerts } from "../alert-gate.ts";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { deployService, letOldGo, takenBackBefore } from "../deploy-service.ts";
import { type Fence, withLock } from "../lock.ts";
import { patienceOf } from "../newer-release.ts";
import { namesOf, readRelease } from "../release.ts";
import { rolloutSpecOf, type ServiceRelease } from "../rollout-spec.ts";
import { deployTogether, nextServices } from "../shared-canary.ts";
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
 * Rolls the services of a release out in the order of their tiers, one after the other or, where `canary.shared` asks
 * for it and they are alike, in step with one another; each is checked before the next. When one has to be taken back,
 * those before it in this release are taken back too, in the opposite order.
 */
export function deployStage(context: Context, request: DeployRequest): Promise<Result> {
  return runStage(context, "deploy", request.version, async () => {
    const release = await releaseOf(context, request);
    return withLock(
      context,
      async (fence) => {
        const done: DeployedService[] = [];
        const notes: Problem[] = [];
        const order = servicesOf(context, release, request);
        const tell = onlyOnce((text) => context.onProgress({ type: "message", text }));
        while (done.length < order.length) {
          const next = await nextServices(context, order.slice(done.length), { ...request, tell });
          const { services, cause } = await deployNext(context, next, request, fence, notes);
          done.push(...services);
          if (cause === null) continue;
          const others = done.filter((service) => service !== cause);
          const reverted = await takeBackEarlier(context, others, cause, fence);
          return outcomeOf(release.version, done, cause, reverted, notes);
        }
        return outcomeOf(release.version, done, null, [], notes);
      },
      patienceOf(context, release.version),
    );
  });
}

/** Rolls out the services whose turn it is: one, or several that go together. */
async function deployNext(
  context: Context,
  services: readonly ServiceRelease[],
  { leavesOld, despiteAlerts }: DeployRequest,
  fence: Fence,
  notes: Problem[],
): Promise<EndedTogether> {
  const begun = await Promise.all(services.map((service) => beginning(context, service)));
  for (const [index, service] of services.entries())
    if (begun[index]) notes.push(...(await noteTriedAgain(context, service)));
  const how = { fence, leavesOld };
  if (services.length > 1) return deployTogether(context, services, how);
  const [service, before] = [services[0]!, begun[0]];
  // A deployment that has begun goes on with its own judge.
  const held = before && !despiteAlerts ? await holdForAlerts(context, service, before.stable) : null;
  const deployed = held ?? (await deployService(context, service, how));
  return { services: [deployed], cause: mayContinue(deployed.status) ? null : deployed };
}

/** Says each text the first time only. */
function onlyOnce(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) say(text);
    said.add(text);
  };
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
  cause: DeployedService | null,
  reverted: readonly DeployedService[],
  notes: readonly Problem[],
): StageOutcome {
  const services = done.map((service) => reverted.find(({ name }) => name === service.name) ?? service);
  const details = { stage: "deploy" as const, services };
  const lost = services.find(({ status }) => status === "rollback_failed");
  const last = lost ?? cause;
  if (!last) {
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
