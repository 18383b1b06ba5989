import { policyOptionsOf, type ServiceSettings } from "@sluice/config";
import { type Policy, policyFor, watchGuards } from "@sluice/judge";
import type { Context } from "./context.ts";

/**
 * How a service is watched once it has all of the traffic: the bounds, and what it was like before the release. A
 * latency that nobody feels is the least that an increase is measured from: 2 ms may become 6 ms on a busy machine.
 */
export function watchPolicyOf(
  context: Context,
  settings: ServiceSettings,
  reference: Policy["reference"],
): Policy {
  const policy = policyFor(policyOptionsOf(settings));
  return {
    ...policy,
    // There is nothing to compare them with any more.
    events: [],
    // What holds a step has none to hold; the bound of a metric of one's own is the only one that it has.
    guards: [
      ...policy.guards.filter(({ band, bound }) => band !== "hold" || bound.metric === "events"),
      ...(reference ? watchGuards : []),
    ],
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
