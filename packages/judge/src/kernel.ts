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

const exactBelow = 16_384;
const table = new Float64Array(exactBelow);
for (let n = 2; n < exactBelow; n++) table[n] = table[n - 1]! + Math.log(n);
const halfLnTau = 0.5 * Math.log(2 * Math.PI);

/** ln n!, summed below 16,384, from there Stirling's series (absolute error below 1e-13 times its value). */
export function lnFactorial(n: number): number {
  if (n < exactBelow) return table[n]!;
  const inverse = 1 / n;
  const square = inverse * inverse;
  return (n + 0.5) * Math.log(n) - n + halfLnTau + inverse * (1 / 12 - square * (1 / 360 - square / 1260));
}

/** Sizes of the two arms and how many events they had together: all that is fixed beforehand. */
interface Margins {
  canary: number;
  baseline: number;
  events: number;
  /** Least and most events that the canary can have had. */
  lowest: number;
  highest: number;
}

function marginsOf(canary: number, baseline: number, events: number): Margins {
  return {
    canary,
    baseline,
    events,
    lowest: Math.max(0, events - baseline),
    highest: Math.min(events, canary),
  };
}

/** Most likely number of events on the canary (Liao & Rosen 2001, the root that lies in the support). */
function modeOf({ canary, baseline, events, lowest, highest }: Margins, ratio: number): number {
  const a = ratio - 1;
  const b = (canary + events + 2) * ratio - events + baseline;
  const c = ratio * (events + 1) * (canary + 1);
  const mode = Math.floor((2 * c) / (b + Math.sqrt(b * b - 4 * a * c)));
  return Math.min(highest, Math.max(lowest, mode));
}

/** Terms below this part of the whole do not matter. */
const negligible = 1e-15;

/** Sum of the terms as multiples of the one at `mode`, outward from it to where they no longer matter. */
function sumFromMode({ canary, baseline, events, lowest, highest }: Margins, ratio: number, mode: number) {
  let sum = 1;
  for (let k = mode, term = 1; k < highest; k++) {
    term *= (ratio * (canary - k) * (events - k)) / ((k + 1) * (baseline - events + k + 1));
    sum += term;
    if (term < negligible) break;
  }
  for (let k = mode, term = 1; k > lowest; k--) {
    term *= (k * (baseline - events + k)) / (ratio * (canary - k + 1) * (events - k + 1));
    sum += term;
    if (term < negligible) break;
  }
  return sum;
}

/**
 * The same sum from every `sigma`-th term only. The distribution is that of a sum of independent Bernoulli variables,
 * so its characteristic function at 2 pi/stride, which is the relative error, is at most
 * exp(-2 sigma^2 sin^2(pi/stride)): about 3e-9.
 */
function sumInStrides(margins: Margins, ratio: number, mode: number, sigma: number): number {
  const stride = Math.floor(sigma);
  const lnRatio = Math.log(ratio);
  const atMode = lnTermAt(margins, lnRatio, mode);
  let sum = 1;
  for (const step of [stride, -stride])
    for (let k = mode + step; k >= margins.lowest && k <= margins.highest; k += step) {
      const lnTerm = lnTermAt(margins, lnRatio, k) - atMode;
      if (lnTerm < -28) break;
      sum += Math.exp(lnTerm);
    }
  return stride * sum;
}

function lnTermAt({ canary, baseline, events }: Margins, lnRatio: number, k: number): number {
  return (
    k * lnRatio -
    lnFactorial(k) -
    lnFactorial(canary - k) -
    lnFactorial(events - k) -
    lnFactorial(baseline - events + k)
  );
}

/** Standard deviation of the canary's events near their mode (inverse curvature of the logarithm). */
function sigmaAt({ canary, baseline, events }: Margins, k: number): number {
  return (
    1 / Math.sqrt(1 / (k + 1) + 1 / (canary - k + 1) + 1 / (events - k + 1) + 1 / (baseline - events + k + 1))
  );
}

/** ln of the sum over the support of C(canary, k) C(baseline, events - k) ratio^k, without a constant of the margins. */
function lnNorm(margins: Margins, ratio: number, lnRatio: number): number {
  const mode = modeOf(margins, ratio);
  const sigma = sigmaAt(margins, mode);
  const sum = sigma > 12 ? sumInStrides(margins, ratio, mode, sigma) : sumFromMode(margins, ratio, mode);
  return lnTermAt(margins, lnRatio, mode) + Math.log(sum);
}

/** ln of the probability of what the interval shows, if the odds ratio canary : baseline is `ratio`. */
export function lnProbability(interval: Interval, ratio: number): number {
  const { canaryRequests, baselineRequests, canaryEvents, baselineEvents } = interval;
  const margins = marginsOf(canaryRequests, baselineRequests, canaryEvents + baselineEvents);
  if (margins.lowest === margins.highest) return 0;
  const lnRatio = Math.log(ratio);
  return lnTermAt(margins, lnRatio, canaryEvents) - lnNorm(margins, ratio, lnRatio);
}

/** Widest support whose terms are written down once and then summed for all ratios. */
const widest = 64;
const terms = new Float64Array(widest + 1);

/**
 * ln of the likelihood of what the interval shows at each ratio, against ratio 1. Of events and of what is left of
 * the requests the rarer is looked at, which is the same with the inverse ratio.
 *
 * @param lnRatios logarithms of the ratios
 */
export function lnLikelihoods(
  interval: Interval,
  ratios: readonly number[],
  lnRatios: readonly number[],
): number[] {
  const events = interval.canaryEvents + interval.baselineEvents;
  const requests = interval.canaryRequests + interval.baselineRequests;
  const isRare = 2 * events <= requests;
  const sign = isRare ? 1 : -1;
  const x = isRare ? interval.canaryEvents : interval.canaryRequests - interval.canaryEvents;
  const margins = marginsOf(
    interval.canaryRequests,
    interval.baselineRequests,
    isRare ? events : requests - events,
  );
  const { lowest, highest } = margins;
  if (lowest === highest) return ratios.map(() => 0);
  if (highest - lowest > widest) {
    const atOne = lnNorm(margins, 1, 0);
    return ratios.map((ratio, i) => {
      const lnRatio = sign * lnRatios[i]!;
      return x * lnRatio - lnNorm(margins, isRare ? ratio : 1 / ratio, lnRatio) + atOne;
    });
  }
  const count = writeTerms(margins);
  let atOne = 0;
  for (let k = 0; k < count; k++) atOne += terms[k]!;
  return ratios.map((given, i) => {
    const ratio = isRare ? given : 1 / given;
    let sum = terms[count - 1]!;
    for (let k = count - 2; k >= 0; k--) sum = sum * ratio + terms[k]!;
    return (x - lowest) * sign * lnRatios[i]! - Math.log(sum / atOne);
  });
}

/** The central distribution over its whole support, as multiples of its largest term, into `terms`. @returns their number */
function writeTerms(margins: Margins): number {
  const { canary, baseline, events, lowest, highest } = margins;
  const mode = modeOf(margins, 1);
  terms[mode - lowest] = 1;
  for (let k = mode; k < highest; k++)
    terms[k + 1 - lowest] =
      (terms[k - lowest]! * (canary - k) * (events - k)) / ((k + 1) * (baseline - events + k + 1));
  for (let k = mode; k > lowest; k--)
    terms[k - 1 - lowest] =
      (terms[k - lowest]! * k * (baseline - events + k)) / ((canary - k + 1) * (events - k + 1));
  return highest - lowest + 1;
}

/** A distribution of whole numbers: `mass[i]` is the probability of `from + i`. */
export interface Distribution {
  from: number;
  mass: number[];
}

/**
 * How many of the events fall on the canary, over all numbers that matter: what is left out on either side is about
 * 1e-15 of the whole.
 *
 * @returns null when more numbers matter than `most`
 */
export function distributionOf(interval: Interval, ratio: number, most: number): Distribution | null {
  const events = interval.canaryEvents + interval.baselineEvents;
  const margins = marginsOf(interval.canaryRequests, interval.baselineRequests, events);
  const { canary, baseline, lowest, highest } = margins;
  const mode = modeOf(margins, ratio);
  if (Math.min(highest - lowest, 6 * sigmaAt(margins, mode)) > most) return null;
  const above: number[] = [];
  for (let k = mode, term = 1; k < highest && term > negligible; k++) {
    term *= (ratio * (canary - k) * (events - k)) / ((k + 1) * (baseline - events + k + 1));
    above.push(term);
  }
  const mass: number[] = [];
  for (let k = mode, term = 1; k > lowest && term > negligible; k--) {
    term *= (k * (baseline - events + k)) / (ratio * (canary - k + 1) * (events - k + 1));
    mass.push(term);
  }
  const from = mode - mass.length;
  mass.reverse().push(1, ...above);
  let total = 0;
  for (const term of mass) total += term;
  for (let i = 0; i < mass.length; i++) mass[i]! /= total;
  return { from, mass };
}
