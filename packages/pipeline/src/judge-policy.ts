import type { ServiceSettings } from "@sluice/config";
import { type Learned, type Policy, type PolicyOptions, policyFor, watchGuards } from "@sluice/judge";
import type { Context } from "./context.ts";

/** How the canary of a service is judged: as the configuration says it, and as earlier rollouts have taught. */
export const policyOf = (settings: Pick<ServiceSettings, "canary">, learned?: Learned): Policy =>
  policyFor(policyOptionsOf(settings, learned));

/** What the policy of a service is made from. */
export function policyOptionsOf(
  { canary: { steps, analysis } }: Pick<ServiceSettings, "canary">,
  learned?: Learned,
): PolicyOptions {
  return {
    alpha: analysis.alpha,
    beta: analysis.beta,
    tolerance: analysis.toleratedRatio,
    harm: analysis.harmfulRatio,
    steps: steps.map(({ weightPercent, pauseSeconds }) => ({ weight: weightPercent, pauseSeconds })),
    warmUpSeconds: analysis.warmUpSeconds,
    minimumRequests: analysis.minRequests,
    gates: analysis.gates,
    conditions: analysis.guards,
    alerts: analysis.pages,
    hasAlerts: analysis.alerts !== undefined,
    events: analysis.metrics.map(({ name, worse, noData, tolerance }) => ({
      name,
      worse,
      noData,
      ...(tolerance === undefined ? {} : { tolerance: 1 + tolerance / 100 }),
    })),
    ...(analysis.latencyObjectiveMilliseconds === undefined
      ? {}
      : { latencyObjectiveMilliseconds: analysis.latencyObjectiveMilliseconds }),
    threshold: analysis.failureThreshold,
    checkSeconds: analysis.intervalSeconds,
    ...(learned?.errorDispersion ? { tempering: 1 / learned.errorDispersion.value } : {}),
    ...(learned?.latencyDispersion ? { latencyTempering: 1 / learned.latencyDispersion.value } : {}),
  };
}

/** Seconds between two readings: evidence is gathered often, bounds are checked at the configured interval. */
export const sampleSecondsOf = (settings: ServiceSettings): number =>
  Math.min(10, settings.canary.analysis.intervalSeconds);

/**
 * How a service is watched once it has all of the traffic: the bounds, and what it was like before the release. A
 * latency that nobody feels is the least that an increase is measured from: 2 ms may become 6 ms on a busy machine.
 */
export function watchPolicyOf(
  context: Context,
  settings: ServiceSettings,
  reference: Policy["reference"],
): Policy {
  const policy = policyOf(settings);
  return {
    ...policy,
    // There is nothing to compare them with any more.
    events: [],
    guards: [...policy.guards.filter(({ band }) => band !== "hold"), ...(reference ? watchGuards : [])],
    checkSeconds: context.environment.watch.interval,
    ...(reference
      ? { reference: { ...reference, p99Milliseconds: atLeast(reference.p99Milliseconds, policy) } }
      : {}),
  };
}

const atLeast = (p99: number | null, { latencyFloorMilliseconds }: Policy): number | null =>
  p99 === null ? null : Math.max(p99, latencyFloorMilliseconds);

/** The objective of the environment as a watch wants it. */
export const objectiveOf = ({ environment: { objective } }: Context) =>
  objective ? { objective: { availability: objective.availability, windowSeconds: objective.window } } : {};
