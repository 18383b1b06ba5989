import { policyOptionsOf, sampleSecondsOf } from "@sluice/config";
import type { DeployedService, Event, Sample } from "@sluice/documents";
import { policyFor } from "@sluice/judge";
import { type RolloutOptions, type RolloutSpec, runRollout } from "@sluice/rollout";
import { bringBack } from "./bring-back.ts";
import { isWell } from "./check-service.ts";
import type { Context } from "./context.ts";
import { learnedOf, recordWithPolicy } from "./learn.ts";
import type { Fence } from "./lock.ts";
import { alertsOf, metricsOf } from "./measures.ts";
import { recordIn } from "./record.ts";
import { checkAfterBatch, testsBeforeSwitch } from "./rollout-checks.ts";
import { rolloutSpecOf, type ServiceRelease } from "./rollout-spec.ts";
import { takenBack } from "./take-back.ts";
import { tellSecrets } from "./tell-secrets.ts";

/** What a deployment of one service needs from whoever carries out the release. */
export interface Deploying {
  fence: Fence;
  /** The old version stands by when this returns; `letOldGo` ends that. */
  leavesOld?: boolean;
}

/** Rolls one service out and holds it to its own checks through the traffic entry; what fails them goes back. */
export async function deployService(
  context: Context,
  service: ServiceRelease,
  how: Deploying,
): Promise<DeployedService> {
  const deployed = await runRollout(await rolloutOf(context, service, how));
  return confirm(context, service.settings, deployed, how.fence);
}

/** Everything that the rollout of a service talks to, and what an earlier run of it has measured. */
export async function rolloutOf(
  context: Context,
  service: ServiceRelease,
  { fence, leavesOld = false }: Deploying,
): Promise<RolloutOptions> {
  const { target, clock, signal, onProgress } = context;
  const { settings } = service;
  const spec = await rolloutSpecOf(context, service);
  await tellSecrets(context, settings, spec.version);
  const sampleSeconds = sampleSecondsOf(settings);
  const events = await context.journal.events();
  const learned = learnedOf(events, settings.name, settings.canary.analysis.metrics);
  const options = policyOptionsOf(settings, learned);
  return {
    ...target,
    metrics: metricsOf(context, settings),
    ...alertsOf(settings),
    clock,
    signal,
    onProgress,
    fence,
    spec: leavesOld ? { ...spec, leavesOld } : spec,
    policy: policyFor(options),
    sampleSeconds,
    pollSeconds: Math.min(1, sampleSeconds / 2),
    samples: await earlierSamples(context, events, spec.service, spec.id),
    record: recordWithPolicy(recordIn(context), options, learned),
    beforeSwitch: testsBeforeSwitch(context, settings, {
      version: service.version,
      strategy: spec.strategy,
    }),
    afterStep: checkAfterBatch(context, settings, spec.strategy),
    verify: (version) => isWell(context, settings, version),
  };
}

/** Lets the version before go that still stands by after a promotion, when its time is over. */
export async function letOldGo(context: Context, spec: RolloutSpec, fence: Fence): Promise<void> {
  const { rollout } = await context.target.target.observe(spec.service, context.signal);
  if (rollout?.id !== spec.id || rollout.phase !== "draining") return;
  const { target, clock, signal, onProgress } = context;
  // The rollout was told of when it was promoted; this is only its last step.
  const record = async (): Promise<void> => {};
  await runRollout({ ...target, clock, signal, onProgress, fence, spec, metrics: null, record });
}

/** A service counts as deployed when it answers its own checks through the traffic entry, not before. */
export async function confirm(
  context: Context,
  settings: ServiceRelease["settings"],
  deployed: DeployedService,
  fence: Fence,
): Promise<DeployedService> {
  if (deployed.status !== "succeeded") return deployed;
  const health = await isWell(context, settings, deployed.to);
  if (health.isHealthy) return deployed;
  const why = `${deployed.to} has all of the traffic and fails a check: ${health.message}`;
  if (deployed.from === null)
    return { ...deployed, status: "failed", reasonCode: "verify.failed", message: why };
  const reason = { reasonCode: "verify.failed", sentence: why } as const;
  const back = await bringBack(context, settings, { to: deployed.from, reason, fence });
  return takenBack(deployed, back, `${why}. ${back.message}`);
}

/** What an earlier run of the same rollout has measured, when the target says that it is still under way. */
async function earlierSamples(
  context: Context,
  events: readonly Event[],
  service: string,
  id: string,
): Promise<Sample[]> {
  const { rollout } = await context.target.target.observe(service, context.signal);
  if (rollout?.id !== id) return [];
  const began = rollout.startedAt;
  return events.flatMap((event) =>
    event.type === "rollout.sample" && event.service === service && Date.parse(event.at) >= began
      ? [event.data]
      : [],
  );
}

/**
 * When and why a version of a service was taken back here before; null when it never was, or was promoted since. What
 * made it bad may have been something else, so it may be tried again, and is judged anew.
 */
export function takenBackBefore(
  events: readonly Event[],
  service: string,
  version: string,
): { at: string; why: string } | null {
  const last = events.findLast(
    (event) =>
      event.service === service &&
      ((event.type === "rollout.finished" &&
        event.data.version === version &&
        (event.data.status === "succeeded" ||
          (event.data.status === "rolled_back" && event.data.reasonCode !== "rollback.verified"))) ||
        (event.type === "rollback.decided" && event.data.from === version)),
  );
  if (last?.type === "rollback.decided") return { at: last.at, why: last.data.reason };
  if (last?.type !== "rollout.finished" || last.data.status === "succeeded") return null;
  return { at: last.at, why: last.data.summary };
}
