export interface DetectionInput {
  /** Requests per second of both versions together. */
  requestsPerSecond: number;
  /** Error ratio of the baseline: 0.001 is 0.1 %. */
  errorRatio: number;
  /** How many times as high the canary's is. */
  ratio: number;
  /** Share of the traffic on the canary, 0 to 1. */
  weight: number;
  alpha?: number;
  /** Share of the bet that is on this ratio. */
  share?: number;
  /** Seconds between two readings: nothing is found between them. */
  sampleSeconds?: number;
}

/**
 * Seconds after which a regression is found, about the median: evidence needed over evidence per second.
 * Evidence per request is the divergence p0 [ w r ln r - (w r + 1 - w) ln(1 + w (r - 1)) ] in nats.
 *
 * Where fewer than three failures are enough that is too early, because evidence comes with whole failures: each of
 * the canary brings at most ln r - ln(1 + w (r - 1)), so it takes at least the time in which that many happen (the
 * median of the n-th is close to n - 1/3 times their mean distance), and then the next reading.
 *
 * @returns Infinity when nothing can be found: no traffic, no errors, ratio 1
 */
export function detectionSeconds(input: DetectionInput): number {
  const { requestsPerSecond, errorRatio, ratio: r, weight: w, sampleSeconds = 0 } = input;
  const perRequest = errorRatio * (w * r * Math.log(r) - (w * r + 1 - w) * Math.log(1 + w * (r - 1)));
  const needed = Math.log(1 / (input.alpha ?? 0.01)) + Math.log(1 / (input.share ?? 0.25));
  const perSecond = requestsPerSecond * perRequest;
  if (!(perSecond > 0)) return Number.POSITIVE_INFINITY;
  const failures = Math.ceil(needed / (Math.log(r) - Math.log(1 + w * (r - 1))));
  const earliest = (failures - 1 / 3) / (requestsPerSecond * w * Math.min(1, errorRatio * r));
  const seconds = Math.max(needed / perSecond, earliest);
  return sampleSeconds > 0 ? Math.ceil(seconds / sampleSeconds) * sampleSeconds : seconds;
}
