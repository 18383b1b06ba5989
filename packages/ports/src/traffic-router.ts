import type { Routing } from "./routing.ts";

/** Splits the traffic of a service between versions. What the data plane really does is read with `Target.observe`. */
export interface TrafficRouter {
  /**
   * Sets the shares in percent; they add up to 100. Versions that are not named get none. No shares at all close
   * the entry: requests are answered with 503 until there are some again (strategy recreate).
   *
   * @throws Refusal `deploy.weights-invalid` for other sums, `deploy.unknown-version` for a version that does not
   *   run or is leaving; nothing is changed then
   */
  setWeights(service: string, weights: Readonly<Record<string, number>>, signal?: AbortSignal): Promise<void>;
  /** Why this router cannot give a version that share, or null when it can. Asked at plan time. */
  refuses(weight: number): string | null;
  /** What it can do beside weights. Asked at plan time. */
  readonly capabilities: RouterCapabilities;
  /**
   * Sets what happens to requests beside the weights; null for nothing. Takes the place of what was set before.
   *
   * @throws Refusal `deploy.routing-refused` for what it cannot do, `deploy.unknown-version` for a version that does
   *   not run or is leaving; nothing is changed then
   */
  setRouting(service: string, routing: Routing | null, signal?: AbortSignal): Promise<void>;
}

export interface RouterCapabilities {
  /** Sends requests with a header to a version. */
  headers: boolean;
  /** Sends requests with a cookie to a version. */
  cookies: boolean;
  /** Copies requests to a version and throws its answers away. */
  mirror: boolean;
  /** Keeps users with the version that answered them. */
  sticky: boolean;
}
