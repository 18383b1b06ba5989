import type { ArmCounts, Counters, Evidence, ReasonCode, Verdict, VerdictKind } from "@sluice/documents";
import { gridOf, lnEValue, lnPromotion, lnSumExp, ratioOf } from "./e-process.ts";
import { guardEvidence } from "./guards.ts";
import { quantileSeconds } from "./histogram.ts";
import type { Bound, Policy } from "./policy.ts";
import * as say from "./sentences.ts";
import type { Context, JudgeState } from "./state.ts";

interface Finding {
  verdict: VerdictKind;
  reasonCode: ReasonCode;
  sentence: string;
  decidedBy?: string | null;
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
    evidence: rounded({ ...evidence, decidedBy: found.decidedBy ?? null }),
  };
}

function badRelease(state: JudgeState, policy: Policy, evidence: Evidence): Finding | null {
  if (state.lnLargest >= Math.log(1 / policy.alpha))
    return {
      verdict: "rollback",
      reasonCode: "judge.worse",
      sentence: say.worse(evidence, state.culprit),
      decidedBy: state.culprit,
    };
  for (const [i, guard] of policy.guards.entries()) {
    const seen = state.guards[i]!;
    if (guard.threshold === null || seen.breachesInARow < guard.threshold || !seen.isBreached) continue;
    const isGate = guard.band === "hold";
    return {
      verdict: "rollback",
      reasonCode: isGate ? "judge.gate-failed" : "judge.guard-breached",
      sentence: say.breached(guard.bound, seen.value, seen.breachesInARow),
      decidedBy: guard.bound.text,
    };
  }
  return null;
}

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
  const bands = ["rollback", "page", "hold"] as const;
  for (const band of bands)
    for (const [i, guard] of policy.guards.entries()) {
      const seen = state.guards[i]!;
      if (guard.band !== band || !seen.isBreached) continue;
      return {
        verdict: "hold",
        reasonCode: seen.isShared ? "judge.both-bad" : "judge.gate-exceeded",
        sentence: seen.isShared
          ? say.bothBad(guard.bound, seen.value)
          : say.exceeded(guard, seen.value, seen.breachesInARow),
        decidedBy: guard.bound.text,
      };
    }
  if (state.step.requests < Math.max(1, policy.minimumRequests))
    return {
      verdict: "hold",
      reasonCode: "judge.too-little-traffic",
      sentence: say.tooLittle(state.step.requests, Math.max(1, policy.minimumRequests), evidence),
    };
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
    .filter((guard) => guard.band === "hold" && guard.bound.metric === "error_rate" && guard.bound.value > 0)
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

/** Six digits are more than anybody reads, and keep the last bits of floating point out of the documents. */
function rounded<T>(value: T): T {
  if (typeof value === "number") return (Number.isInteger(value) ? value : Number(value.toPrecision(6))) as T;
  if (Array.isArray(value)) return value.map(rounded) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rounded(member)])) as T;
}

/** e-values beyond this are written as this: a double holds no more. */
const largest = 1e300;
const fromLn = (ln: number) => Math.min(largest, Math.exp(Math.min(ln, 690)));

function evidenceOf(state: JudgeState, policy: Policy): Evidence {
  const grid = gridOf(policy);
  const metrics = state.metrics.map(({ name, process }) => ({
    metric: name,
    eValue: fromLn(lnEValue(process, policy, grid)),
    p: Math.min(1, Math.exp(-process.lnLargest)),
    ratio: ratioOf(process, grid, policy.beta),
  }));
  const parts = state.metrics.map(({ share, process }) => Math.log(share) + lnEValue(process, policy, grid));
  const errors = state.metrics[0]!.process;
  return {
    canary: armOf(state.canary && state.sums.canary),
    baseline: armOf(state.baseline && state.sums.baseline),
    eValue: fromLn(lnSumExp(state.unspent > 0 ? [...parts, Math.log(state.unspent)] : parts)),
    p: Math.min(1, Math.exp(-state.lnLargest)),
    promotionEValue: fromLn(lnPromotion(errors, grid)),
    decidedBy: null,
    metrics,
    guards: guardEvidence(state.guards, policy),
    alpha: policy.alpha,
    beta: policy.beta,
  };
}

function armOf(counts: Counters | null): ArmCounts | null {
  if (!counts) return null;
  const p99 = quantileSeconds(counts.latency, 0.99);
  return { requests: counts.requests, errors: counts.errors, p99: p99 === null ? null : p99 * 1000 };
}
