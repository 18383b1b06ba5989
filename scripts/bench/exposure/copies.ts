import { setTimeout as sleep } from "node:timers/promises";
import type { Sample } from "../../../packages/documents/src/index.ts";
import type { Policy } from "../../../packages/judge/src/index.ts";
import type { BenchEnvironment } from "../traffic/environment.ts";
import { release, rollbackVerdict } from "../traffic/rollouts.ts";
import { Follower, type Outcome } from "./outcome.ts";
import { rivals, sluice } from "./rules.ts";
import { type Schedule, weightAt } from "./schedule.ts";

/** A regression under test: the new version of a service fails so many times as often as the old one. */
export interface Regression {
  factor: number;
  /** Share of the answers of the old version that are errors. */
  baseline: number;
  seed: number;
}

/** How Sluice judges: by the errors alone, as the other rules do, and as it does by default. */
export interface Policies {
  errors: Policy;
  errorsAndLatency: Policy;
}

/** Names of the two services that get the same release: one for Sluice alone, one that every rule reads. */
export const servicesOf = ({ factor }: Regression) => ({
  own: `own-${factor}x`,
  shared: `shared-${factor}x`,
});

/** Names are unique, so that clients know whose answer it was. */
export const newVersionOf = (service: string) => `${service}-new`;

const specs = (environment: BenchEnvironment, service: string, { factor, baseline, seed }: Regression) => {
  const spec = (version: string, share: number, seed: number) =>
    environment.spec(version, { environment: { ERROR_SHARE: String(share), SEED: String(seed) } });
  return {
    old: spec(`${service}-old`, baseline, seed),
    new: spec(newVersionOf(service), baseline * factor, seed + 1000),
  };
};

/** Starts the old version. @returns the port of the service */
export async function prepare(
  environment: BenchEnvironment,
  service: string,
  regression: Regression,
): Promise<number> {
  const url = await environment.first(service, specs(environment, service, regression).old);
  return Number(new URL(url).port);
}

/** Sluice rolls the release out by itself: what it decides is done. Bad answers are counted by the customers. */
export async function releaseOwn(
  environment: BenchEnvironment,
  regression: Regression,
  schedule: Schedule,
  policies: Policies,
): Promise<Omit<Outcome, "bad">> {
  const service = servicesOf(regression).own;
  const { deployed, events } = await release(
    environment,
    {
      service,
      version: specs(environment, service, regression).new,
      strategy: "canary",
      steps: schedule.steps,
      maxHoldSeconds: 300 / schedule.scale,
    },
    { policy: policies.errors, sampleSeconds: schedule.tickSeconds },
  );
  const shares = events.flatMap((event) => {
    if (event.type !== "rollout.weights") return [];
    return [{ at: Date.parse(event.at), weight: event.data.weights[newVersionOf(service)] ?? 0 }];
  });
  const first = shares.find(({ weight }) => weight > 0)?.at ?? 0;
  const verdict = rollbackVerdict(events);
  let percentSeconds = 0;
  for (const [i, { at, weight }] of shares.entries()) {
    const until = shares[i + 1]?.at ?? Date.now();
    if (weight < 100) percentSeconds += (weight * (until - at)) / 1000;
  }
  const by = verdict?.data.evidence.decidedBy ?? null;
  const ends: Record<string, string> = { succeeded: "promoted", rolled_back: `rolled back: ${by}` };
  return {
    rule: "Sluice, its own rollout",
    end: ends[deployed.status] ?? deployed.status,
    seconds: verdict ? (Date.parse(verdict.at) - first) / 1000 : null,
    percentMinutes: percentSeconds / 60,
  };
}

/**
 * The release by the schedule, whatever anybody thinks of it, until every rule has decided or the steps are over.
 * All rules read the same counters at the same moments.
 */
export async function releaseShared(
  environment: BenchEnvironment,
  regression: Regression,
  schedule: Schedule,
  policies: Policies,
): Promise<Outcome[]> {
  const service = servicesOf(regression).shared;
  const versions = specs(environment, service, regression);
  const names = { canary: versions.new.version, baseline: versions.old.version };
  const { target, router, metrics } = environment;
  await target.apply({ type: "ensure-version", service, spec: versions.new, secrets: {} });
  await environment.until(service, (seen) =>
    seen.versions.some(({ version, replicas }) => version === names.canary && replicas[0]?.isReady === true),
  );

  const followers = [
    sluice("Sluice", policies.errors),
    sluice("Sluice, with latency", policies.errorsAndLatency),
    ...rivals(),
  ].map((rule) => new Follower(rule));
  const samples: Sample[] = [];
  let began = 0;
  for (let tick = 0; followers.some(({ outcome }) => outcome === null); tick++) {
    const before = weightAt(tick - 1);
    const weight = weightAt(tick);
    if (weight !== null && weight !== before)
      await router.setWeights(service, { [names.baseline]: 100 - weight, [names.canary]: weight });
    if (tick === 0) began = Date.now();
    const { at, canary, baseline } = await metrics.read(service, names);
    samples.push({ t: Math.max(0, (at - began) / 1000), weight: weight ?? before!, canary, baseline });
    for (const follower of followers) follower.take(samples);
    if (weight === null) break;
    await sleep(Math.max(0, began + 1000 * schedule.tickSeconds * (tick + 1) - Date.now()));
  }
  await router.setWeights(service, { [names.baseline]: 100 });
  return followers.map((follower) => follower.finish());
}
