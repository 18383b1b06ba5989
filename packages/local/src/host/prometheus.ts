import type { Routes } from "./routes.ts";

/** The counters of all services and versions in the Prometheus text format. */
export function metricsText(services: Iterable<Routes>): string {
  const requests: string[] = [];
  const latency: string[] = [];
  const failures: string[] = [];
  const inFlight: string[] = [];
  const apart: string[] = [];
  for (const routes of services) {
    const { service } = routes;
    for (const audience of ["testers", "mirror"] as const)
      for (const [version, counter] of routes.counters(audience))
        for (const [code, count] of Object.entries(counter.read().byStatus))
          apart.push(
            `sluice_apart_requests_total{service="${escaped(service)}",deployment_version="${escaped(version)}",audience="${audience}",code="${code}"} ${count}`,
          );
    for (const [version, counter] of routes.counters("users")) {
      const labels = `service="${escaped(service)}",deployment_version="${escaped(version)}"`;
      const counts = counter.read();
      for (const [code, count] of Object.entries(counts.byStatus)) {
        requests.push(`http_requests_total{${labels},code="${code}"} ${count}`);
      }
      for (const [le, count] of Object.entries(counts.latency)) {
        latency.push(`http_request_duration_seconds_bucket{${labels},le="${le}"} ${count}`);
      }
      latency.push(`http_request_duration_seconds_sum{${labels}} ${counts.latencySum}`);
      latency.push(`http_request_duration_seconds_count{${labels}} ${counts.requests}`);
      for (const [cause, count] of Object.entries(counts.failures)) {
        failures.push(`sluice_request_failures_total{${labels},cause="${cause}"} ${count}`);
      }
      inFlight.push(`sluice_requests_in_flight{${labels}} ${counts.inFlight}`);
    }
  }
  return [
    ...family("http_requests_total", "counter", "Requests by the status that the client saw.", requests),
    ...family(
      "http_request_duration_seconds",
      "histogram",
      "Time until the last byte of the answer.",
      latency,
    ),
    ...family(
      "sluice_request_failures_total",
      "counter",
      "Requests without a good answer, by cause.",
      failures,
    ),
    ...family(
      "sluice_apart_requests_total",
      "counter",
      "Requests of testers and copies of requests, which are not counted as those of users.",
      apart,
    ),
    ...family("sluice_requests_in_flight", "gauge", "Requests that are being answered.", inFlight),
    "",
  ].join("\n");
}

const family = (name: string, type: string, help: string, samples: readonly string[]) =>
  samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];

const escaped = (value: string) => value.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`));
