/**
 * Fisher's noncentral hypergeometric distribution: how many of `events` fall on the canary when the odds of an
 * event are `ratio` times those of the baseline. Given the number of events, their common and changing cause
 * drops out, so nothing has to be assumed about the baseline.
 */

/** What one interval shows of one kind of event, such as failed requests. */
export interface Interval {
  /** Requests of the canary and of the baseline. */
  canaryRequests: number;
  baselineRequests: number;
  /** Requests among them that had the event. */
  canaryEvents: number;
  baselineEvents: number;
}

const exactBelow = 1024;
const table = new Float64Array(exactBelow);
for (let n = 2; n < exactBelow; n++) table[n] = table[n - 1]! + Math.log(n);

/** ln n!, exact below 1024, from there Stirling's series (absolute error below 1e-13 times its value). */
export function lnFactorial(n: number): number {
  if (n < exactBelow) return table[n]!;
  const inverse = 1 / n;
  const square = inverse * inverse;
  return (
    n * Math.log(n) -
    n +
    0.5 * Math.log(2 * Math.PI * n) +
    inverse * (1 / 12 - square * (1 / 360 - square / 1260))
  );
}

/** Most likely number of events on the canary (Liao & Rosen 2001, the root that lies in the support). */
function mode(canary: number, baseline: number, events: number, ratio: number): number {
  const a = ratio - 1;
  const b = (canary + events + 2) * ratio - events + baseline;
  const c = ratio * (events + 1) * (canary + 1);
  return Math.floor((2 * c) / (b + Math.sqrt(b * b - 4 * a * c)));
}

/**
 * ln of the probability of what the interval shows, if the odds ratio canary : baseline is `ratio`.
 * The sum over the support goes outward from the mode and stops where terms no longer matter, so the cost
 * grows with the standard deviation, not with the number of requests.
 */
export function lnProbability(interval: Interval, ratio: number): number {
  const { canaryRequests: canary, baselineRequests: baseline, canaryEvents: x } = interval;
  const events = x + interval.baselineEvents;
  const lowest = Math.max(0, events - baseline);
  const highest = Math.min(events, canary);
  if (lowest === highest) return 0;
  const m = Math.min(highest, Math.max(lowest, mode(canary, baseline, events, ratio)));

  const negligible = 1e-17;
  let sum = 1;
  for (let k = m, term = 1; k < highest; k++) {
    term *= (ratio * (canary - k) * (events - k)) / ((k + 1) * (baseline - events + k + 1));
    sum += term;
    if (term < negligible * sum) break;
  }
  for (let k = m, term = 1; k > lowest; k--) {
    term *= (k * (baseline - events + k)) / (ratio * (canary - k + 1) * (events - k + 1));
    sum += term;
    if (term < negligible * sum) break;
  }
  const lnTermAt = (k: number) =>
    k * Math.log(ratio) -
    lnFactorial(k) -
    lnFactorial(canary - k) -
    lnFactorial(events - k) -
    lnFactorial(baseline - events + k);
  return lnTermAt(x) - lnTermAt(m) - Math.log(sum);
}
