import type { Counters } from "@sluice/documents";
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

  const latency: Record<string, number> = {};
  for (const { name, labels, value } of own) {
    if (name !== "http_request_duration_seconds_bucket" || labels.le === undefined) continue;
    const le = /inf/i.test(labels.le) ? "+Inf" : String(Number(labels.le));
    latency[le] = (latency[le] ?? 0) + value;
  }
  return { requests: sum(totals), errors: sum(totals.filter(isError)), latency };
}

/** A service that has answered nothing yet shows its histogram, but no request counter: it has no labels for it. */
const isFresh = (samples: readonly Sample[]) =>
  samples.some(({ name, value }) => name === "http_request_duration_seconds_count" && value === 0);

const isError = ({ labels }: Sample) => statusLabels.some((label) => labels[label]?.startsWith("5"));

const sum = (samples: readonly Sample[]) => samples.reduce((total, { value }) => total + value, 0);
