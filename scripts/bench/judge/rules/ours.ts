import type { Counters, Sample } from "../../../../packages/documents/src/index.ts";
import {
  advance,
  conclude,
  isWorse,
  type JudgeState,
  type Policy,
  policyFor,
  start,
} from "../../../../packages/judge/src/index.ts";
import { edges, plan, steps, tickSeconds, ticksPerMinute } from "../scenario.ts";
import type { Arm, Traffic } from "../traffic.ts";
import type { Rule } from "./rule.ts";

/** Which metrics a simulated rollout compares. */
export type Compared = "errors" | "latency";

/** No margin, no warm-up, no guards, independent requests: the method alone, with all of alpha on what is compared. */
export function plainPolicy(compared: Compared, tempering = 1): Policy {
  const independent = { tempering, latencyTempering: 1, areSlowBunched: false };
  const options = { steps, tolerance: 1, warmUpSeconds: 0, ...independent };
  if (compared === "errors") return { ...policyFor({ ...options, latencyEdges: [] }), guards: [] };
  // Half of alpha is for the errors, of which there are none in these rollouts.
  return { ...policyFor({ ...options, alpha: 0.02 }), guards: [] };
}

/** What a project gets that configures nothing but its steps; `tempering` once its history has been learned. */
export const defaultPolicy = (tempering = 1): Policy => policyFor({ steps, tempering });

/** The same where all weights are configured too small or too large. */
export const mistakenPolicy = (factor: number): Policy =>
  policyFor({ steps: steps.map((step) => ({ ...step, weight: step.weight * factor })) });

/** @param claimed weight in percent that was configured and that the samples say, where it is not the one of the traffic */
export const ours = (name: string, policy: Policy, claimed?: (weight: number) => number): Rule => ({
  name,
  source: "packages/judge",
  decide: ({ ticks }) => decide(ticks, policy, claimed),
});

function decide(traffic: Traffic, policy: Policy, claimed = (weight: number) => weight): number | null {
  const samples = readings(traffic, claimed);
  let state: JudgeState = start(policy);
  let i = -1;
  for (const sample of samples) {
    state = advance(state, sample, policy);
    i++;
    if (isWorse(state, policy)) return i / ticksPerMinute;
    const isGuarded = policy.guards.length > 0 && i > 0 && i % ticksPerMinute === 0;
    if (isGuarded && conclude(state, policy).verdict === "rollback") return i / ticksPerMinute;
  }
  return null;
}

/** Minutes until there is evidence that the release is not harmfully worse; the guards and the evidence against it are left out. */
export const evidenceForPromotion = (name: string, policy: Policy): Rule => ({
  name,
  source: "packages/judge",
  decide: ({ ticks }) => {
    let state: JudgeState = start(policy);
    let i = 0;
    for (const sample of readings(ticks, (weight) => weight)) {
      state = advance(state, sample, policy);
      const isLook = i % ticksPerMinute === 0;
      if (isLook && conclude(state, policy).evidence.promotionEValue >= 1 / policy.beta)
        return i / ticksPerMinute;
      i++;
    }
    return null;
  },
});

/** Counters as a metrics endpoint would show them: at the start, and after each tick. */
export function* readings(traffic: Traffic, claimed: (weight: number) => number): Generator<Sample> {
  const counters = [traffic.canary, traffic.baseline].map((arm) => counter(arm));
  for (let i = 0; i <= traffic.canary.requests.length; i++) {
    // The reading at the end of a tick still belongs to the step of that tick; the first one begins it.
    const weight = claimed(plan[Math.max(0, i - 1)]!.weight);
    yield { t: i * tickSeconds, weight, canary: counters[0]!(i), baseline: counters[1]!(i) };
  }
}

function counter(arm: Arm): (i: number) => Counters {
  let [requests, errors] = [arm.before?.requests ?? 0, arm.before?.errors ?? 0];
  const slower = arm.slower.map((_, edge) => arm.before?.slower[edge] ?? 0);
  return (i) => {
    if (i > 0) {
      requests += arm.requests[i - 1]!;
      errors += arm.errors[i - 1]!;
      arm.slower.forEach((values, edge) => {
        slower[edge]! += values[i - 1]!;
      });
    }
    const latency: Record<string, number> = {};
    slower.forEach((count, edge) => {
      latency[edges[edge]!] = requests - count;
    });
    if (slower.length) latency["+Inf"] = requests;
    return { requests, errors, latency };
  };
}
