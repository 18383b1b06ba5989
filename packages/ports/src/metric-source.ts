import type { Counters } from "@sluice/documents";

/** Counters of both versions, read in one go, so that no interval belongs to one of them alone. */
export interface MetricReading {
  /** When the values were true, in milliseconds since 1970. */
  at: number;
  /** null: the version has no counters (yet). That is no data, not zero requests. */
  canary: Counters | null;
  baseline: Counters | null;
}

/** The source of the counters did not answer, or not with counters. Says nothing about any version. */
export class MetricsAway extends Error {
  override readonly name = "MetricsAway";
  /** Where the counters should have come from, for people: a URL, or the name of the host. */
  readonly source: string;

  constructor(source: string, why: string, options?: ErrorOptions) {
    super(`The metrics of ${source} cannot be read: ${why}`, options);
    this.source = source;
  }
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

/** Where alerts are looked up that concern a service. */
export interface AlertSource {
  /**
   * Names of the alerts that fire now, each once and in order.
   *
   * @throws MetricsAway when the source does not answer: nobody knows then whether one fires
   */
  firing(service: string, signal?: AbortSignal): Promise<string[]>;
}
