/** What the tests of the judge share: readings, and a rollout that is judged from them. */
import { type Counters, type Sample, Verdict } from "@sluice/documents";
import { conclude, observe, start } from "../judge.ts";
import { type Policy, policyFor } from "../policy.ts";
import type { Context, JudgeState } from "../state.ts";

/** The rollout of the documentation: 35 minutes, three steps that are judged. */
export const steps = [
  { weight: 5, pauseSeconds: 600 },
  { weight: 25, pauseSeconds: 600 },
  { weight: 50, pauseSeconds: 900 },
];
export const counters = (requests: number, errors = 0, latency: Record<string, number> = {}): Counters => ({
  requests,
  errors,
  latency: { ...latency, "+Inf": requests },
});
export const sample = (
  t: number,
  canary: Counters | null,
  baseline: Counters | null,
  weight = 5,
): Sample => ({
  t,
  weight,
  canary,
  baseline,
});

/** All samples one after the other; the verdict of the last. */
export function judge(
  samples: readonly Sample[],
  policy: Policy = policyFor({ steps }),
  context: Context = {},
) {
  let state: JudgeState = start(policy);
  let verdict = conclude(state, policy, context);
  for (const one of samples) ({ state, verdict } = observe(state, one, policy, context));
  Verdict.parse(verdict);
  return { state, verdict };
}

/** A canary and a baseline with steady ratios, one sample every ten seconds. */
export const steady = (
  seconds: number,
  canary: number,
  baseline: number,
  requests = { canary: 50, baseline: 950 },
) =>
  Array.from({ length: seconds / 10 + 1 }, (_, i) =>
    sample(
      10 * i,
      counters(i * requests.canary, Math.round(i * requests.canary * canary)),
      counters(i * requests.baseline, Math.round(i * requests.baseline * baseline)),
    ),
  );
