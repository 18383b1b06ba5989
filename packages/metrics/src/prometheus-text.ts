import type { Counters } from "@sluice/documents";
import { type MetricSource, MetricsAway } from "@sluice/ports";
import { countersOf } from "./arm.ts";
import { Growth } from "./growth.ts";
import { readSamples } from "./page.ts";
import type { Sample } from "./text-format.ts";

export interface PrometheusTextOptions {
  /**
   * Metrics pages of a version, one for each of its processes. The same address for both versions is read once,
   * so both are from the same instant.
   */
  endpoints(
    service: string,
    version: string,
    signal?: AbortSignal,
  ): Promise<readonly string[]> | readonly string[];
  /** How long a page may take; 5 by default. */
  timeoutSeconds?: number;
  /** Milliseconds since 1970; the clock of the machine by default. */
  now?: () => number;
}

/** Reads counters from metrics pages in the Prometheus text format. One source is for one comparison of versions. */
export function prometheusText({
  endpoints,
  timeoutSeconds = 5,
  now = Date.now,
}: PrometheusTextOptions): MetricSource {
  const growths = new Map<string, Growth>();

  async function readArm(
    service: string,
    version: string,
    read: (url: string) => Promise<Sample[]>,
    signal?: AbortSignal,
  ): Promise<Counters | null> {
    const urls = await endpoints(service, version, signal);
    const pages = await Promise.all(urls.map(async (url) => [url, await read(url)] as const));
    const counters = new Map<string, Counters>();
    for (const [url, samples] of pages) {
      const found = countersOf(samples, service, version);
      const broken = found && brokenIn(found);
      if (broken) throw new MetricsAway(url, `its ${broken}, which no counter can be`);
      if (found) counters.set(url, found);
    }
    const key = JSON.stringify([service, version]);
    const growth = growths.get(key) ?? new Growth();
    growths.set(key, growth);
    return growth.add(counters);
  }

  return {
    async read(service, { canary, baseline }, signal) {
      signal?.throwIfAborted();
      const pages = new Map<string, Promise<Sample[]>>();
      const read = (url: string) => {
        const page = pages.get(url) ?? readSamples(url, timeoutSeconds, signal);
        pages.set(url, page);
        return page;
      };
      const [ofCanary, ofBaseline] = await Promise.all([
        readArm(service, canary, read, signal),
        baseline === null ? null : readArm(service, baseline, read, signal),
      ]);
      return { at: now(), canary: ofCanary, baseline: ofBaseline };
    },
  };
}

/** What is wrong with counters that nobody can count with; null when nothing is. */
function brokenIn({ requests, errors, latency }: Counters): string | null {
  for (const [name, value] of [
    ["http_requests_total", requests],
    ["http_requests_total of failed requests", errors],
    ...Object.entries(latency).map(([le, count]) => [`bucket le="${le}"`, count] as const),
  ] as const)
    if (!Number.isFinite(value) || value < 0) return `${name} is ${value}`;
  return null;
}
