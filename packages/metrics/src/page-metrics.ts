import type { Counters } from "@sluice/documents";
import { type MetricReading, type MetricSource, MetricsAway } from "@sluice/ports";
import { Growth } from "./growth.ts";
import { readSamples } from "./page.ts";
import { Saturation } from "./saturation.ts";
import { parseSeries, type Series, sumOf } from "./series.ts";
import type { Sample } from "./text-format.ts";

export interface PageMetricsOptions {
  /** Counters of one's own, by name: series on the pages. */
  metrics: readonly { name: string; events: string; total: string }[];
  /** Metrics pages of each version, one for each of its replicas; asked for once in a reading. */
  pages(service: string, signal?: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>>;
  /** What one replica may use; without them there is no `cpu` and no `memory`. */
  limits?: { cpuMillicores?: number; memoryBytes?: number };
  /** How long a page may take; 5 by default. */
  timeoutSeconds?: number;
  /** Milliseconds since 1970; the clock of the machine by default. */
  now?: () => number;
  /** Told once for every page that cannot be read until it can be read again. */
  onAway?: (error: MetricsAway) => void;
}

/**
 * Adds to the counters of another source what the replicas say on their metrics pages: counters of one's own, and how
 * much processor time and memory they use of what they may. A page that cannot be read, or a metric that it does not
 * have, is missing in the counters: no data, and the other counters are not lost by it.
 */
export function withPageMetrics(source: MetricSource, options: PageMetricsOptions): MetricSource {
  const { metrics, pages, limits = {}, timeoutSeconds = 5, now = Date.now } = options;
  const own = metrics.map(({ name, events, total }) => ({
    name,
    events: parseSeries(events),
    total: parseSeries(total),
  }));
  const growths = new Map<string, Growth>();
  const saturation = new Saturation(limits);
  const away = new Set<string>();

  async function samplesOf(url: string, signal?: AbortSignal): Promise<Sample[] | null> {
    try {
      const samples = await readSamples(url, timeoutSeconds, signal);
      away.delete(url);
      return samples;
    } catch (error) {
      if (!(error instanceof MetricsAway)) throw error;
      if (!away.has(url)) options.onAway?.(error);
      away.add(url);
      return null;
    }
  }

  function grownPair(
    key: string,
    { events, total }: { events: Series; total: Series },
    found: ReadonlyMap<string, readonly Sample[]>,
  ): { events: number; total: number } | null {
    const counters = new Map<string, Counters>();
    let isThere = false;
    for (const [url, samples] of found) {
      const all = sumOf(samples, total);
      if (all === null) continue;
      isThere = true;
      // A counter with labels appears with its first event: until then it is zero.
      counters.set(url, { requests: all, errors: sumOf(samples, events) ?? 0, latency: {} });
    }
    if (!isThere) return null;
    const growth = growths.get(key) ?? new Growth();
    growths.set(key, growth);
    const sum = growth.add(counters);
    return sum && { events: sum.errors, total: sum.requests };
  }

  async function extend(
    counters: Counters | null,
    service: string,
    version: string | null,
    urls: readonly string[],
    signal?: AbortSignal,
  ): Promise<Counters | null> {
    if (!counters || version === null) return counters;
    const read = await Promise.all(urls.map(async (url) => [url, await samplesOf(url, signal)] as const));
    const found = new Map(read.flatMap(([url, samples]) => (samples ? [[url, samples] as const] : [])));
    const events: NonNullable<Counters["events"]> = {};
    for (const metric of own) {
      const pair = grownPair(JSON.stringify([service, version, metric.name]), metric, found);
      if (pair) events[metric.name] = pair;
    }
    return {
      ...counters,
      ...(own.length > 0 ? { events: { ...counters.events, ...events } } : {}),
      gauges: { ...counters.gauges, ...saturation.of(found, now()) },
    };
  }

  return {
    async read(service, versions, signal): Promise<MetricReading> {
      const reading = await source.read(service, versions, signal);
      const urls = await pages(service, signal);
      const extended = (arm: "canary" | "baseline") =>
        extend(reading[arm], service, versions[arm], urls.get(versions[arm] ?? "") ?? [], signal);
      const [canary, baseline] = await Promise.all([extended("canary"), extended("baseline")]);
      return { at: reading.at, canary, baseline };
    },
  };
}
