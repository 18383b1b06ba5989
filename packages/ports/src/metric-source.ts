import type { Counters } from "@sluice/documents";

/** Counters of both versions, read in one go, so that no interval belongs to one of them alone. */
export interface MetricReading {
  /** When the values were true, in milliseconds since 1970. */
  at: number;
  /** null: the version has no counters (yet). That is no data, not zero requests. */
  canary: Counters | null;
  baseline: Counters | null;
}

export interface MetricSource {
  /**
   * @param service  the service whose versions are compared
   * @param versions the version under test and the one it is compared with
   * @throws MetricsAway when the source does not answer: an outage is never a bad release and never a pass
   */
  read(
    service: string,
    versions: { canary: string; baseline: string | null },
    signal?: AbortSignal,
  ): Promise<MetricReading>;
}
