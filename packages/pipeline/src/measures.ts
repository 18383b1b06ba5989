import type { ServiceSettings } from "@sluice/config";
import { prometheusAlerts, withPageMetrics } from "@sluice/metrics";
import type { AlertSource, MetricSource } from "@sluice/ports";
import type { Context } from "./context.ts";

/**
 * Where the counters of a service come from: the target counts its requests, and the metrics pages of its replicas
 * add what the configuration asks for beside them. Without that no page is read.
 */
export function metricsOf(context: Context, settings: ServiceSettings): MetricSource {
  const { target, onProgress } = context;
  const { metrics, metricsPath, gates, guards, pages: alarms } = settings.canary.analysis;
  const needsSaturation = [...gates, ...guards, ...alarms].some(({ metric }) =>
    ["cpu", "memory"].includes(metric),
  );
  if (metrics.length === 0 && !needsSaturation) return target.metrics;
  return withPageMetrics(target.metrics, {
    metrics,
    limits: settings.resources.limits,
    pages: async (service, signal) => {
      const { versions } = await target.target.observe(service, signal);
      const pagesOf = ({ replicas }: (typeof versions)[number]) =>
        replicas.flatMap(({ url }) => (url ? [new URL(metricsPath, url).href] : []));
      return new Map(versions.map((one) => [one.version, pagesOf(one)]));
    },
    onAway: ({ message }) => onProgress?.({ type: "warning", service: settings.name, text: message }),
  });
}

/** Where the alerts of a service are looked up; nothing where the configuration names no place. */
export function alertsOf({ canary: { analysis } }: ServiceSettings): { alerts?: AlertSource } {
  return analysis.alerts ? { alerts: prometheusAlerts(analysis.alerts) } : {};
}
