import { allOf } from "@sluice/config";
import {
  type DeployedService,
  mayContinue,
  Refusal,
  type Release,
  type Result,
  type Sample,
  type Strategy,
} from "@sluice/documents";
import { type RolledBackService, runRollout } from "@sluice/rollout";
import { bringBack } from "../bring-back.ts";
import { checkService, healthOf, isWell } from "../check-service.ts";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { policyOf, sampleSecondsOf } from "../judge-policy.ts";
import { withLock } from "../lock.ts";
import { recordIn } from "../record.ts";
import { namesOf, readRelease } from "../release.ts";
import { rolloutSpecOf, type ServiceRelease } from "../rollout-spec.ts";
import { runStage, type StageOutcome } from "../stage.ts";
import { tellSecrets } from "../tell-secrets.ts";

export interface DeployRequest {
  version?: string;
  services?: readonly string[];
  /** Release document, relative to the project; the one in the output folder when it is left out. */
  releasePath?: string;
  /** Instead of the configured strategy, for every service. */
  strategy?: Strategy;
}

/**
 * Rolls the services of a release out, one after the other in the order of their tiers; each is checked before the
 * next. When one has to be taken back, those before it in this release are taken back too, in the opposite order.
 */
export function deployStage(context: Context, request: DeployRequest): Promise<Result> {
  return runStage(context, "deploy", request.version, () =>
    withLock(context, async (fence) => {
      const release = await readRelease(
        context,
        request.releasePath || undefined,
        request.version || undefined,
      );
      const done: DeployedService[] = [];
      for (const service of servicesOf(context, release, request)) {
        const deployed = await deployService(context, service, fence);
        done.push(deployed);
        if (mayContinue(deployed.status)) continue;
        const reverted = await takeBackEarlier(context, done.slice(0, -1), deployed, fence);
        return outcomeOf(release.version, done, reverted);
      }
      return outcomeOf(release.version, done, []);
    }),
  );
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

async function deployService(
  context: Context,
  service: ServiceRelease,
  fence: () => Promise<void>,
): Promise<DeployedService> {
  const { target, clock, signal, onProgress } = context;
  const { settings } = service;
  const spec = await rolloutSpecOf(context, service);
  await tellSecrets(context, settings, spec.version);
  const sampleSeconds = sampleSecondsOf(settings);
  const deployed = await runRollout({
    ...target,
    clock,
    signal,
    onProgress,
    fence,
    spec,
    policy: policyOf(settings),
    sampleSeconds,
    pollSeconds: Math.min(1, sampleSeconds / 2),
    samples: await earlierSamples(context, spec.service, spec.id),
    record: recordIn(context),
    beforeSwitch: async (url) => {
      const checks = await checkService(context, settings, { url, version: service.version });
      const { isHealthy, message } = healthOf(checks);
      if (!isHealthy) throw new Error(message);
    },
    verify: (version) => isWell(context, settings, version),
  });
  if (deployed.status !== "succeeded") return deployed;
  return confirm(context, settings, deployed, fence);
}

/** A service counts as deployed when it answers its own checks through the traffic entry, not before. */
async function confirm(
  context: Context,
  settings: ServiceRelease["settings"],
  deployed: DeployedService,
  fence: () => Promise<void>,
): Promise<DeployedService> {
  const health = await isWell(context, settings, deployed.to);
  if (health.isHealthy) return deployed;
  const why = `${deployed.to} has all of the traffic and fails a check: ${health.message}`;
  if (deployed.from === null)
    return { ...deployed, status: "failed", reasonCode: "verify.failed", message: why };
  const reason = { reasonCode: "verify.failed", sentence: why } as const;
  const back = await bringBack(context, settings, { to: deployed.from, reason, fence });
  return takenBack(deployed, back, `${why}. ${back.message}`);
}

/** A deployment that was undone, and whether that worked. */
function takenBack(deployed: DeployedService, back: RolledBackService, message: string): DeployedService {
  return back.status === "rolled_back"
    ? { ...deployed, status: "rolled_back", reasonCode: "deploy.rolled-back", message }
    : { ...deployed, status: "rollback_failed", reasonCode: "rollback.failed", message };
}

/** What an earlier run of the same rollout has measured, when the target says that it is still under way. */
async function earlierSamples(context: Context, service: string, id: string): Promise<Sample[]> {
  const { rollout } = await context.target.target.observe(service, context.signal);
  if (rollout?.id !== id) return [];
  const began = rollout.startedAt;
  return (await context.journal.events()).flatMap((event) =>
    event.type === "rollout.sample" && event.service === service && Date.parse(event.at) >= began
      ? [event.data]
      : [],
  );
}

/** Services of the release that were promoted before one was taken back: a release is all or nothing. */
async function takeBackEarlier(
  context: Context,
  earlier: DeployedService[],
  cause: DeployedService,
  fence: () => Promise<void>,
): Promise<DeployedService[]> {
  const isTakenBack = cause.status === "rolled_back" || cause.status === "failed";
  const promoted = earlier.filter(({ status, from }) => status === "succeeded" && from !== null);
  if (!isTakenBack || context.signal.aborted) return [];
  const reverted: DeployedService[] = [];
  for (const service of promoted.toReversed()) {
    const settings = context.services.find(({ name }) => name === service.name)!;
    const sentence = `${cause.name} of the same release was taken back.`;
    const reason = { reasonCode: "deploy.rolled-back", sentence } as const;
    const back = await bringBack(context, settings, { to: service.from!, reason, fence });
    reverted.push(takenBack(service, back, back.message));
  }
  return reverted;
}

function outcomeOf(
  version: string,
  done: readonly DeployedService[],
  reverted: readonly DeployedService[],
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
        details,
      };
    const names = changed.map(({ name }) => name).join(", ");
    return {
      status: "succeeded",
      reasonCode: "deploy.promoted",
      summary: `${version} of ${names} has all of the traffic.`,
      details,
    };
  }
  return {
    status: last.status,
    reasonCode: last.reasonCode,
    summary: `${last.name}: ${last.message}`,
    problems: [{ severity: "error", reasonCode: last.reasonCode, message: `${last.name}: ${last.message}` }],
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
