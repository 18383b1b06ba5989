import { hashOf, Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { simulate, type Traffic } from "./traffic.ts";

/**
 * Overdispersion of the split of errors between both versions: mean square of the standardized number of canary
 * errors, minute by minute, in rollouts of a release that is not worse. 1 where requests fail independently.
 *
 * @param runs rollouts of history, with random numbers of their own
 */
export function phiOf(scenario: Scenario, runs = 40): number {
  let [sum, intervals] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const { minutes } = simulate(history(scenario), new Random(hashOf("history"), run));
    const seen = standardizedSquares(minutes);
    sum += seen.sum;
    intervals += seen.intervals;
  }
  return intervals > 0 ? Math.max(1, sum / intervals) : 1;
}

/** A/A history: two versions of the same release, so what makes one set of pods worse is not in it. */
const history = (scenario: Scenario): Scenario =>
  scenario.dispersion?.kind === "pod" ? { ...scenario, dispersion: undefined } : scenario;

/** Squares of (errors of the canary - expected) over the variance of the hypergeometric distribution. */
function standardizedSquares({ canary, baseline }: Traffic): { sum: number; intervals: number } {
  let [sum, intervals] = [0, 0];
  for (let i = 0; i < canary.requests.length; i++) {
    const requests = canary.requests[i]! + baseline.requests[i]!;
    const errors = canary.errors[i]! + baseline.errors[i]!;
    if (errors === 0 || requests < 2 || errors === requests) continue;
    const share = canary.requests[i]! / requests;
    const variance = (errors * share * (1 - share) * (requests - errors)) / (requests - 1);
    if (variance <= 0) continue;
    sum += (canary.errors[i]! - errors * share) ** 2 / variance;
    intervals++;
  }
  return { sum, intervals };
}
