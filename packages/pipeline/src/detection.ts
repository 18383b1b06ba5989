import { policyOptionsOf, type ServiceSettings, sampleSecondsOf } from "@sluice/config";
import type { Event, Plan, Problem, ServiceDetection } from "@sluice/documents";
import { type Learned, planDetection, trafficAt } from "@sluice/judge";
import { detectionWarnings, formatDetection, serviceDetection } from "@sluice/plan";
import type { Context } from "./context.ts";
import { learnedOf, originsOf } from "./learn.ts";

/**
 * How soon the canaries of a plan would find a regression, at the traffic that earlier rollouts had at this hour.
 * Services whose traffic the journal does not know are left out.
 */
export function detectionOf(
  context: Pick<Context, "services" | "clock">,
  plan: Plan,
  events: readonly Event[],
): ServiceDetection[] {
  const changed = plan.services.filter(
    ({ strategy, running }) =>
      strategy === "canary" && running !== null && running?.version !== plan.release.version,
  );
  return changed.flatMap(({ name }) => {
    const settings = context.services.find((service) => service.name === name);
    const found =
      settings &&
      forService(settings, learnedOf(events, name, settings.canary.analysis.metrics), context.clock.now());
    return found ? [found] : [];
  });
}

function forService(settings: ServiceSettings, learned: Learned, now: number): ServiceDetection | null {
  const { traffic, errorRatio } = learned;
  if (!traffic || !errorRatio) return null;
  const { requestsPerSecond, basis } = trafficAt(traffic, now);
  if (!(requestsPerSecond > 0)) return null;
  const steps = settings.canary.steps.map(({ weightPercent, pauseSeconds }) => ({
    weight: weightPercent,
    pauseSeconds,
  }));
  const expected = { requestsPerSecond, errorRatio: errorRatio.value || assumedOf(errorRatio.requests) };
  const found = planDetection(policyOptionsOf(settings, learned), steps, expected, sampleSecondsOf(settings));
  return {
    service: settings.name,
    ...expected,
    trafficOf: basis,
    steps: [...found.steps],
    detections: [...found.detections],
    learned: originsOf(learned, settings.canary.analysis.metrics),
  };
}

/** Error ratio of a version that never failed: at most what so many requests leave open (rule of three, 95 %). */
const assumedOf = (requests: number): number => Math.min(0.001, 3 / requests);

/** The detection section of a plan as text; empty when nothing is known. */
export const detectionText = (detection: readonly ServiceDetection[]): string =>
  detection.map((found) => `\n${formatDetection(serviceDetection(found))}\n`).join("");

/** What is worth knowing about the steps before they are begun. */
export const detectionProblems = (detection: readonly ServiceDetection[], file: string): Problem[] =>
  detection.flatMap((found) =>
    detectionWarnings(found, { service: found.service, location: { file, key: "canary.steps" } }),
  );
