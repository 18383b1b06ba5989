/** Splits the traffic of a service between versions. */
export interface TrafficRouter {
  /**
   * Sets the shares in percent; they add up to 100. Versions that are not named get none. No shares at all close
   * the entry: requests are answered with 503 until there are some again (strategy recreate).
   *
   * @throws Refusal `deploy.weights-invalid` for other sums, `deploy.unknown-version` for a version that does not
   *   run or is leaving; nothing is changed then
   */
  setWeights(service: string, weights: Readonly<Record<string, number>>, signal?: AbortSignal): Promise<void>;
  /** The shares as the data plane has them, not as they were asked for; versions without a share are left out. */
  readWeights(service: string, signal?: AbortSignal): Promise<Record<string, number>>;
  /** Why this router cannot give a version that share, or null when it can. Asked at plan time. */
  refuses(weight: number): string | null;
}
