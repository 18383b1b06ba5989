import { lnGamma } from "../reference/gamma.ts";
import type { Rule } from "./rule.ts";

/**
 * One-sided p of Fisher's exact test: chance of at least `x` of the `events` on the canary when every request is
 * equally likely to have the event. Sums outward from `x`; below the expected count it is not small, and 1 is said.
 */
export function fisherP(x: number, canary: number, events: number, baseline: number): number {
  if (x * (canary + baseline) <= events * canary) return 1;
  const ln = (n: number, k: number) => lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
  const first = ln(canary, x) + ln(baseline, events - x) - ln(canary + baseline, events);
  let sum = 1;
  for (let k = x, term = 1; k < Math.min(events, canary); k++) {
    term *= ((canary - k) * (events - k)) / ((k + 1) * (baseline - events + k + 1));
    sum += term;
    if (term < 1e-12 * sum) break;
  }
  return Math.min(1, Math.exp(first) * sum);
}

/** Fisher's test on all requests so far, repeated every minute at the same level. */
const repeated = (name: string, level: number): Rule => ({
  name,
  source: "Fisher 1935, on the counts of both versions since the start",
  decide: ({ minutes: { canary, baseline } }) => {
    let [x, n, errors, others] = [0, 0, 0, 0];
    for (let minute = 0; minute < canary.requests.length; minute++) {
      x += canary.errors[minute]!;
      n += canary.requests[minute]!;
      errors += baseline.errors[minute]!;
      others += baseline.requests[minute]!;
      if (fisherP(x, n, x + errors, others) < level) return minute + 1;
    }
    return null;
  },
});

export const fisher: readonly Rule[] = [
  repeated("Fisher p < 1 %, every minute", 0.01),
  repeated("Fisher p < 1 % / 35, every minute", 0.01 / 35),
];

/** The same for the requests above four edges of the histogram, with the level divided by looks and edges. */
export const fisherLatency = (first: number): Rule => ({
  name: "Fisher p < 1 % / (35 x 4), 4 edges",
  source: "Fisher 1935, on requests above an edge, Bonferroni over edges and looks",
  decide: ({ minutes: { canary, baseline } }) => {
    const slow = [0, 1, 2, 3].map(() => ({ x: 0, other: 0 }));
    let [n, others] = [0, 0];
    for (let minute = 0; minute < canary.requests.length; minute++) {
      n += canary.requests[minute]!;
      others += baseline.requests[minute]!;
      for (const [i, sums] of slow.entries()) {
        sums.x += canary.slower[first + i]![minute]!;
        sums.other += baseline.slower[first + i]![minute]!;
        if (fisherP(sums.x, n, sums.x + sums.other, others) < 0.01 / (35 * 4)) return minute + 1;
      }
    }
    return null;
  },
});
