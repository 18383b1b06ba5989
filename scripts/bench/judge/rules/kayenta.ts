import type { Run } from "../traffic.ts";
import type { Rule } from "./rule.ts";

export type Classification = "Pass" | "High" | "Low";

/** Two-sided confidence 98 %: 0.99 quantile of the standard normal distribution. */
const z98 = 2.3263478740408408;

/**
 * Kayenta's NetflixACAJudge on one metric: the confidence interval of the shift between both samples by the
 * Mann-Whitney test (normal approximation with corrections for continuity and ties, as `wilcox.test` of R), called
 * high when its lower end is more than a quarter of the estimated shift and the ratio of the means does not
 * contradict. Tolerance 0.25 and confidence 0.98 are constants of the judge.
 *
 * Where Kayenta searches roots with Brent's method this finds them exactly: the statistic only changes where a
 * difference of two values does. Two constant samples get noise there; here they are compared as they are.
 */
export function classify(canary: readonly number[], baseline: readonly number[]): Classification {
  if (!canary.length || !baseline.length) return "Pass";
  const isIdentical = canary.length === baseline.length && canary.every((value, i) => value === baseline[i]);
  if (isIdentical) return "Pass";
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const effect = mean(canary) / mean(baseline);
  const constant = (values: readonly number[]) => values.every((value) => value === values[0]);
  if (constant(canary) && constant(baseline))
    return canary[0]! > baseline[0]! ? "High" : canary[0]! < baseline[0]! ? "Low" : "Pass";

  // Most pairs of samples do not differ at all: then zero is inside of the interval, and nothing else is to be found.
  const atZero = statistic(canary, baseline, 0, true);
  const mayBeHigh = atZero > z98 && !(effect < 1);
  const mayBeLow = atZero < -z98 && !(effect > 1);
  if (!mayBeHigh && !mayBeLow) return "Pass";
  const differences = canary.flatMap((a) => baseline.map((b) => a - b)).sort((a, b) => a - b);
  const estimate = crossing(canary, baseline, differences, 0, false);
  const critical = 0.25 * Math.abs(estimate);
  if (mayBeHigh) return crossing(canary, baseline, differences, z98, true) > critical ? "High" : "Pass";
  return crossing(canary, baseline, differences, -z98, true) < -critical ? "Low" : "Pass";
}

/** Difference at which the standardized statistic falls to `z`, or the outermost difference. */
function crossing(
  a: readonly number[],
  b: readonly number[],
  differences: number[],
  z: number,
  isCorrected: boolean,
) {
  const values = [...new Set(differences)];
  let [low, high] = [0, values.length - 1];
  // The statistic just above each difference; it falls from one to the next.
  while (low < high) {
    const middle = (low + high) >> 1;
    const between = (values[middle]! + values[middle + 1]!) / 2;
    if (statistic(a, b, between, isCorrected) > z) low = middle + 1;
    else high = middle;
  }
  return values[low]!;
}

/** Standardized rank sum of the first sample, moved down by `shift`, against the second. */
export function statistic(
  first: readonly number[],
  second: readonly number[],
  shift: number,
  isCorrected: boolean,
): number {
  const m = first.length;
  const n = second.length;
  const all = new Float64Array(m + n);
  let wins = 0; // the statistic of Mann and Whitney: the rank sum less its smallest value
  for (let i = 0; i < m; i++) {
    const value = first[i]! - shift;
    all[i] = value;
    for (let j = 0; j < n; j++) wins += value > second[j]! ? 1 : value === second[j]! ? 0.5 : 0;
  }
  all.set(second, m);
  all.sort();
  let ties = 0;
  for (let from = 0, to = 0; from < all.length; from = to) {
    while (to < all.length && all[to] === all[from]) to++;
    ties += (to - from) ** 3 - (to - from);
  }
  const centered = wins - (m * n) / 2;
  const deviation = Math.sqrt(((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1))));
  return (centered - (isCorrected ? Math.sign(centered) * 0.5 : 0)) / deviation;
}

type Series = (arm: Run["minutes"]["canary"], minute: number) => number | null;

/**
 * The judge on one value a minute of each version, asked at given minutes. A rollout fails when the metric is High.
 *
 * @param looks minutes at which the judge is asked; it needs a few values before anything can be High
 */
export const kayenta = (name: string, series: Series, looks: (minute: number) => boolean): Rule => ({
  name,
  source: "spinnaker/kayenta, NetflixACAJudge and MannWhitneyClassifier (tolerance 0.25, confidence 0.98)",
  decide: ({ minutes: { canary, baseline } }) => {
    const values: [number[], number[]] = [[], []];
    for (let minute = 0; minute < canary.requests.length; minute++) {
      [canary, baseline].forEach((arm, i) => {
        const value = series(arm, minute);
        if (value !== null) values[i]!.push(value); // nanStrategy "remove"
      });
      if (looks(minute + 1) && classify(...values) === "High") return minute + 1;
    }
    return null;
  },
});

export const errorRatio: Series = (arm, minute) =>
  arm.requests[minute]! > 0 ? arm.errors[minute]! / arm.requests[minute]! : null;

export const everyMinute = (minute: number): boolean => minute >= 5;
export const endOfSteps = (minute: number): boolean => minute === 10 || minute === 20 || minute === 35;
