import { type Learned, ownDispersion, type PolicyOptions } from "@sluice/judge";
import type { CanarySettings } from "./resolve.ts";

/** Settings of a service, as far as a judge goes by them. */
interface Judged {
  canary: CanarySettings;
}

/** What the policy of a service is made from: how the configuration has its canary judged, and what earlier rollouts have taught. */
export function policyOptionsOf({ canary: { steps, analysis } }: Judged, learned?: Learned): PolicyOptions {
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
    events: analysis.metrics.map(({ name, worse, noData, tolerance }) => {
      const own = learned ? ownDispersion(learned, name) : null;
      return {
        name,
        worse,
        noData,
        ...(tolerance === undefined ? {} : { tolerance: 1 + tolerance / 100 }),
        ...(own ? { tempering: 1 / own.value } : {}),
      };
    }),
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
export const sampleSecondsOf = ({ canary: { analysis } }: Judged): number =>
  Math.min(10, analysis.intervalSeconds);
