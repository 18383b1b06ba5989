import type { ServiceSettings } from "@sluice/config";
import { type Policy, policyFor, watchGuards } from "@sluice/judge";
import type { Context } from "./context.ts";

/** How the canary of a service is judged, as the configuration says it. */
export function policyOf(settings: ServiceSettings): Policy {
  const { steps, analysis } = settings.canary;
  return policyFor({
    alpha: analysis.alpha,
    beta: analysis.beta,
    tolerance: analysis.toleratedRatio,
    harm: analysis.harmfulRatio,
    steps: steps.map(({ weightPercent, pauseSeconds }) => ({ weight: weightPercent, pauseSeconds })),
    warmUpSeconds: analysis.warmUpSeconds,
    minimumRequests: analysis.minRequests,
    gates: analysis.gates,
    conditions: analysis.guards,
    threshold: analysis.failureThreshold,
    checkSeconds: analysis.intervalSeconds,
  });
}

/** Seconds between two readings: evidence is gathered often, bounds are checked at the configured interval. */
export const sampleSecondsOf = (settings: ServiceSettings): number =>
  Math.min(10, settings.canary.analysis.intervalSeconds);

/** How a service is watched once it has all of the traffic: the bounds, and what it was like before the release. */
export function watchPolicyOf(
  context: Context,
  settings: ServiceSettings,
  reference: Policy["reference"],
): Policy {
  const policy = policyOf(settings);
  return {
    ...policy,
    guards: [...policy.guards.filter(({ band }) => band !== "hold"), ...(reference ? watchGuards : [])],
    checkSeconds: context.environment.watch.interval,
    ...(reference ? { reference } : {}),
  };
}
