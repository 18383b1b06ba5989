import { canonicalJson } from "@sluice/documents";
import type { Observation, RolloutRecord, RouterCapabilities, Routing } from "@sluice/ports";
import type { CanaryRouting, RolloutSpec, Step } from "./spec.ts";

/**
 * What is to happen to requests beside the weights while a step lasts: copies as long as the new version has no user,
 * a place to stay as long as there are two versions, testers all the time.
 *
 * @returns null for nothing
 */
export function routingOf(spec: RolloutSpec, record: RolloutRecord, step: Step): Routing | null {
  const wanted = spec.routing;
  if (!wanted || spec.strategy !== "canary" || record.from === null || step.weight === 100) return null;
  const { testers, mirrorPercent, isSticky } = wanted;
  const routing: Routing = {
    version: record.to,
    ...(testers ? { testers } : {}),
    ...(mirrorPercent && step.weight === 0 ? { mirrorPercent } : {}),
    ...(isSticky && step.weight > 0 ? { isSticky } : {}),
  };
  return Object.keys(routing).length > 1 ? routing : null;
}

export const isSameRouting = (seen: Observation, wanted: Routing | null): boolean =>
  canonicalJson(seen.routing ?? null) === canonicalJson(wanted);

/** Why a router cannot do what a canary asks for beside weights; one sentence for each thing, none when it can. */
export function routingRefusals(capabilities: RouterCapabilities, routing: CanaryRouting): string[] {
  const { testers, mirrorPercent, isSticky } = routing;
  const reasons: string[] = [];
  if (testers && "header" in testers && !capabilities.headers)
    reasons.push("it cannot tell testers by a header");
  if (testers && "cookie" in testers && !capabilities.cookies)
    reasons.push("it cannot tell testers by a cookie");
  if (mirrorPercent && !capabilities.mirror) reasons.push("it cannot copy requests");
  if (isSticky && !capabilities.sticky) reasons.push("it cannot keep users with a version");
  return reasons;
}
