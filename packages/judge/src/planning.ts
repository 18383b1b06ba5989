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
}

/**
 * Seconds after which a regression is found, about the median: evidence needed over evidence per second.
 * Evidence per request is the divergence p0 [ w r ln r - (w r + 1 - w) ln(1 + w (r - 1)) ] in nats. Too optimistic
 * where fewer than three failures are enough.
 *
 * @returns Infinity when nothing can be found: no traffic, no errors, ratio 1
 */
export function detectionSeconds(input: DetectionInput): number {
  const { requestsPerSecond, errorRatio, ratio: r, weight: w } = input;
  const perRequest = errorRatio * (w * r * Math.log(r) - (w * r + 1 - w) * Math.log(1 + w * (r - 1)));
  const needed = Math.log(1 / (input.alpha ?? 0.01)) + Math.log(1 / (input.share ?? 0.25));
  const perSecond = requestsPerSecond * perRequest;
  return perSecond > 0 ? needed / perSecond : Number.POSITIVE_INFINITY;
}
