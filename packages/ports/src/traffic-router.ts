/** Splits the traffic of a service between versions. */
export interface TrafficRouter {
  /** Sets the shares in percent; they add up to 100. Versions that are not named get none. */
  setWeights(service: string, weights: Readonly<Record<string, number>>, signal?: AbortSignal): Promise<void>;
  /** The shares as the data plane has them, not as they were asked for. */
  readWeights(service: string, signal?: AbortSignal): Promise<Record<string, number>>;
  /** Why this router cannot give a version that share, or null when it can. Asked at plan time. */
  refuses(weight: number): string | null;
}
