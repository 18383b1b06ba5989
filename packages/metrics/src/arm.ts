import type { Counters } from "@sluice/documents";
import { nothing, sum } from "@sluice/judge";
import type { Sample } from "./text-format.ts";

/** Names under which the status of the answer goes. */
const statusLabels = ["status", "code", "status_code", "http_status"];

/**
 * What one page says about one version; null when it says nothing about it.
 *
 * @param samples the page
 */
export function countersOf(samples: readonly Sample[], service: string, version: string): Counters | null {
  const identities = samples.filter(
    ({ name, labels }) => name === "deployment_version" && "version" in labels,
  );
  if (identities.length > 0 && !identities.some(({ labels }) => labels.version === version)) return null;

  const own = samples.filter(
    ({ labels }) =>
      (labels.deployment_version ?? version) === version && (labels.service ?? service) === service,
  );
  const totals = own.filter(({ name }) => name === "http_requests_total");
  if (totals.length === 0 && !isFresh(own)) return null;

  return { requests: total(totals), errors: total(totals.filter(isError)), latency: latencyOf(own) };
}

/** The histograms of all series (by route, by status) together, at the edges that all of them have. */
function latencyOf(samples: readonly Sample[]): Counters["latency"] {
  const series = new Map<string, Counters>();
  for (const { name, labels, value } of samples) {
    if (name !== "http_request_duration_seconds_bucket") continue;
    const { le, ...others } = labels;
    if (le === undefined) continue;
    const key = JSON.stringify(Object.entries(others).sort());
    const one: Counters = series.get(key) ?? { ...nothing, latency: {} };
    const edge = /inf/i.test(le) ? "+Inf" : String(Number(le));
    one.latency[edge] = (one.latency[edge] ?? 0) + value;
    series.set(key, one);
  }
  return [...series.values()].reduce(sum, nothing).latency;
}

/** A service that has answered nothing yet shows its histogram, but no request counter: it has no labels for it. */
const isFresh = (samples: readonly Sample[]) =>
  samples.some(({ name, value }) => name === "http_request_duration_seconds_count" && value === 0);

const isError = ({ labels }: Sample) => statusLabels.some((label) => labels[label]?.startsWith("5"));

const total = (samples: readonly Sample[]) => samples.reduce((sum, { value }) => sum + value, 0);
