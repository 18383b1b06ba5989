import type { ArmCounts, Counters, Evidence, MetricEvidence } from "@sluice/documents";
import { lnPromotion, ratioOf } from "./e-process.ts";
import { guardEvidence } from "./guards.ts";
import { quantileSeconds } from "./histogram.ts";
import { lnTogether, type MetricState, metricGrid, testAlpha } from "./metric.ts";
import type { Policy } from "./policy.ts";
import type { JudgeState } from "./state.ts";

/** All that speaks for and against the canary by now. */
export function evidenceOf(state: JudgeState, policy: Policy): Evidence {
  const errors = state.metrics[0]!;
  const { alerts } = state.now;
  return rounded({
    canary: armOf(state.canary && state.sums.canary),
    baseline: armOf(state.baseline && state.sums.baseline),
    eValue: fromLn(lnTogether(state.metrics, state.unspent)),
    p: Math.min(1, Math.exp(-state.lnLargest)),
    promotionEValue: fromLn(lnPromotion(errors.process, metricGrid(errors, policy))),
    decidedBy: null,
    metrics: state.metrics.map((metric) => metricEvidence(metric, state, policy)),
    guards: guardEvidence(state.guards, policy),
    ...(alerts ? { alerts: alerts.firing.filter((name) => !alerts.before.includes(name)) } : {}),
    alpha: policy.alpha,
    beta: policy.beta,
  });
}

function metricEvidence(metric: MetricState, state: JudgeState, policy: Policy): MetricEvidence {
  const { name, share, test, has } = metric;
  const missing = (["canary", "baseline"] as const).filter((arm) => !has[arm]);
  return {
    metric: name,
    eValue: fromLn(metric.lnE),
    p: Math.min(1, Math.exp(-metric.lnLargest)),
    ratio: ratioOf(metric.process, metricGrid(metric, policy), policy.beta),
    share,
    ...(missing.length ? { missing } : {}),
    ...(test
      ? {
          exactTest: {
            alpha: testAlpha(metric, policy),
            spent: test.spent,
            events: test.events,
            bound: test.bound,
            isReached: test.isReached,
            stoppedBy: test.isOutage ? "outage" : state.schedule.left,
          },
        }
      : {}),
  };
}

function armOf(counts: Counters | null): ArmCounts | null {
  if (!counts) return null;
  const p99 = quantileSeconds(counts.latency, 0.99);
  return { requests: counts.requests, errors: counts.errors, p99: p99 === null ? null : p99 * 1000 };
}

/** e-values beyond this are written as this: a double holds no more. */
const largest = 1e300;
const fromLn = (ln: number) => Math.min(largest, Math.exp(Math.min(ln, 690)));

/** Six digits are more than anybody reads, and keep the last bits of floating point out of the documents. */
function rounded<T>(value: T): T {
  if (typeof value === "number") return (Number.isSafeInteger(value) ? value : sixDigits(value)) as T;
  if (Array.isArray(value)) return value.map(rounded) as T;
  if (value === null || typeof value !== "object") return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) copy[key] = rounded(member);
  return copy as T;
}

/** Powers of ten that a double holds exactly, so that one division by them gives the number that the digits name. */
const exactPowers = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** A number with six significant digits. Formatting and reading it back does the same, and takes many times as long. */
function sixDigits(value: number): number {
  const size = Math.abs(value);
  if (!(size >= 1e-12 && size < 1e5)) return Number(value.toPrecision(6));
  const power = exactPowers.find((each) => size * each >= 1e5)!;
  return Math.round(value * power) / power;
}
