import { type AlertSource, MetricsAway } from "@sluice/ports";
import { z } from "zod";
import { readPage, textOf } from "./http.ts";

/** An answer of `/api/v1/alerts`; what is not listed here does not matter. */
const Answer = z.object({
  status: z.literal("success"),
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
  }),
});

/**
 * Alerts that fire in a Prometheus, or in what answers like it.
 * Source: prometheus.io/docs/prometheus/latest/querying/api, "Alerts".
 *
 * @param options.severity label `severity` of the alerts that count
 */
export function prometheusAlerts({
  url,
  severity,
  timeoutSeconds = 5,
}: {
  url: string;
  severity: string;
  timeoutSeconds?: number;
}): AlertSource {
  const address = new URL("api/v1/alerts", url.endsWith("/") ? url : `${url}/`).href;
  return {
    async firing(service, signal) {
      const page = await readPage(address, { timeoutSeconds, accept: "application/json", signal });
      const alerts = alertsIn(textOf(page), address);
      const names = alerts
        .filter(({ state, labels }) => state === "firing" && labels.severity === severity)
        .filter(({ labels }) => (labels.service ?? service) === service)
        .map(({ labels }) => labels.alertname ?? "an alert without a name");
      return [...new Set(names)].sort();
    },
  };
}

function alertsIn(page: string, address: string) {
  let answer: unknown;
  try {
    answer = JSON.parse(page);
  } catch (error) {
    throw new MetricsAway(address, "it does not answer with JSON", { cause: error });
  }
  const parsed = Answer.safeParse(answer);
  if (!parsed.success) throw new MetricsAway(address, "its answer is not a list of alerts");
  return parsed.data.data.alerts;
}
