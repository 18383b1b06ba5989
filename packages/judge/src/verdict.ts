import type { Evidence, ReasonCode, Verdict, VerdictKind } from "@sluice/documents";
import { evidenceOf } from "./evidence.ts";
import { lnSumExp } from "./grid.ts";
import { eventMetric, type MetricState } from "./metric.ts";
import type { Bound, Policy } from "./policy.ts";
import * as say from "./sentences.ts";
import type { Context, JudgeState } from "./state.ts";

interface Finding {
  verdict: VerdictKind;
  reasonCode: ReasonCode;
  sentence: string;
  decidedBy?: string | null;
  /** The time whose counts decided, in seconds. */
  interval?: { from: number; to: number };
}

/** What the state means. The first that applies is the verdict, from the strictest to the mildest. */
export function verdictOf(state: JudgeState, policy: Policy, context: Context): Verdict {
  const evidence = evidenceOf(state, policy);
  const found =
    badRelease(state, policy, evidence) ??
    whyUndecidable(state, policy, context, evidence) ??
    goodRelease(state, policy, context, evidence) ??
    ({
      verdict: "continue",
      reasonCode: context.mustDecide ? "judge.undecided" : "judge.healthy-so-far",
      sentence: context.mustDecide ? say.undecided(evidence) : say.healthySoFar(evidence),
    } satisfies Finding);
  const isOpen = found.verdict === "hold" || found.verdict === "continue";
  return {
    schema: "sluice/verdict/v1",
    t: state.t ?? 0,
    verdict: context.mustDecide && isOpen ? "inconclusive" : found.verdict,
    reasonCode: found.reasonCode,
    sentence: found.sentence,
    evidence: {
      ...evidence,
      decidedBy: found.decidedBy ?? null,
      ...(found.interval ? { interval: found.interval } : {}),
    },
  };
}

function badRelease(state: JudgeState, policy: Policy, evidence: Evidence): Finding | null {
  const { decision } = state;
  if (decision)
    return {
      verdict: "rollback",
      reasonCode: "judge.worse",
      sentence: say.worse(evidence, decision.metric),
      decidedBy: decision.metric,
      interval: { from: decision.from, to: decision.to },
    };
  for (const [i, guard] of policy.guards.entries()) {
    const seen = state.guards[i]!;
    if (guard.threshold === null || seen.breachesInARow < guard.threshold || !seen.isBreached) continue;
    const interval = { from: seen.breachedFrom ?? seen.since, to: seen.since };
    const { bound } = guard;
    if (bound.metric === "alerts")
      return {
        verdict: "rollback",
        reasonCode: "judge.alert-firing",
        sentence: say.alertsFired(evidence.alerts ?? [], seen.breachesInARow),
        decidedBy: bound.text,
        interval,
      };
    return {
      verdict: "rollback",
      reasonCode: guard.band === "hold" ? "judge.gate-failed" : "judge.guard-breached",
      sentence: say.breached(bound, seen.value, seen.breachesInARow),
      decidedBy: bound.text,
      interval,
    };
  }
  for (const metric of missingMetrics(state, policy, "fail")) {
    const from = metric.missingSince ?? 0;
    const to = state.t ?? 0;
    if (to - from < policy.noDataSeconds) continue;
    return {
      verdict: "rollback",
      reasonCode: "judge.metric-missing",
      sentence: say.metricFailed(metric.name, to - from),
      decidedBy: metric.name,
      interval: { from, to },
    };
  }
  return null;
}

/** Own metrics that the newest reading did not have, of those that are to be treated so. */
const missingMetrics = (state: JudgeState, policy: Policy, ...treatment: string[]): MetricState[] =>
  state.metrics.filter(
    ({ kind, name, missingSince }) =>
      kind === "events" && missingSince !== null && treatment.includes(eventMetric(name, policy).noData),
  );

function whyUndecidable(
  state: JudgeState,
  policy: Policy,
  context: Context,
  evidence: Evidence,
): Finding | null {
  const needsBaseline = context.hasBaseline !== false;
  if (!state.hasCanary || (needsBaseline && !state.hasBaseline))
    return {
      verdict: "hold",
      reasonCode: "judge.no-data",
      sentence: say.noData(!state.hasCanary ? "new" : "old"),
    };
  const held = whyHeld(state, policy, evidence);
  if (held) return held;
  if (state.areAlertsAway)
    return { verdict: "hold", reasonCode: "judge.metrics-away", sentence: say.alertsAway };
  const [missing] = missingMetrics(state, policy, "hold", "fail");
  if (missing && (needsBaseline || !missing.has.canary))
    return {
      verdict: "hold",
      reasonCode: "judge.metric-missing",
      sentence: say.metricMissing(missing.name, missing.has),
      decidedBy: missing.name,
    };
  if (state.step.requests < Math.max(1, policy.minimumRequests))
    return {
      verdict: "hold",
      reasonCode: "judge.too-little-traffic",
      sentence: say.tooLittle(state.step.requests, Math.max(1, policy.minimumRequests), evidence),
    };
  return null;
}

/** A guard that keeps the step; the strictest band first. */
function whyHeld(state: JudgeState, policy: Policy, evidence: Evidence): Finding | null {
  for (const band of ["rollback", "page", "hold"] as const)
    for (const [i, guard] of policy.guards.entries()) {
      const seen = state.guards[i]!;
      if (guard.band !== band || !seen.isBreached) continue;
      const { bound } = guard;
      if (bound.metric === "alerts")
        return {
          verdict: "hold",
          reasonCode: "judge.alert-firing",
          sentence: say.alertsFiring(state.now.alerts?.firing ?? [], evidence.alerts ?? []),
          decidedBy: bound.text,
        };
      return {
        verdict: "hold",
        reasonCode: seen.isShared ? "judge.both-bad" : "judge.gate-exceeded",
        sentence: seen.isShared
          ? say.bothBad(bound, seen.value)
          : say.exceeded(guard, seen.value, seen.breachesInARow),
        decidedBy: bound.text,
      };
    }
  return null;
}

/** Fewer requests without an error than this say nothing at all. */
const leastRequests = 20;

function goodRelease(
  state: JudgeState,
  policy: Policy,
  context: Context,
  evidence: Evidence,
): Finding | null {
  const { requests, errors } = state.sums.canary;
  if (context.hasBaseline !== false && evidence.promotionEValue >= 1 / policy.beta)
    return {
      verdict: "promote",
      reasonCode: "judge.not-worse",
      sentence: say.notWorse(evidence, policy),
      decidedBy: "errors",
    };
  if (errors === 0 && requests >= leastRequests)
    return {
      verdict: "promote",
      reasonCode: "judge.no-errors",
      sentence: say.noErrors(requests),
      decidedBy: "errors",
    };
  const gate = errorGate(policy);
  if (gate && lnBelow(errors, requests, gate.value / 100) >= Math.log(1 / policy.beta))
    return {
      verdict: "promote",
      reasonCode: "judge.below-gate",
      sentence: say.belowGate(errors, requests, gate),
      decidedBy: gate.text,
    };
  return null;
}

/** The strictest configured maximum of the error ratio. */
function errorGate(policy: Policy): Bound | null {
  const gates = policy.guards
    .filter(
      (guard) =>
        guard.band === "hold" &&
        guard.bound.metric === "error_rate" &&
        !guard.bound.isRelative &&
        guard.bound.value > 0,
    )
    .map((guard) => guard.bound);
  return gates.length ? gates.reduce((a, b) => (b.value < a.value ? b : a)) : null;
}

/**
 * ln of the evidence that a version's own error ratio is below `gate`: a mixture of likelihood ratios of lower
 * ratios against the gate itself, valid at every moment and whatever the ratio does meanwhile.
 */
export function lnBelow(errors: number, requests: number, gate: number): number {
  const parts = [0.75, 0.5, 0.25, 0.1, 0.01].map((part) => {
    const p = part * gate;
    return (
      Math.log(1 / 5) + errors * Math.log(part) + (requests - errors) * (Math.log1p(-p) - Math.log1p(-gate))
    );
  });
  return gate < 1 ? lnSumExp(parts) : 0;
}
