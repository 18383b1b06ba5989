import type { LoadSummary } from "../../packages/documents/src/results/report.ts";
import type { LoadReport } from "./load.ts";

/** What happened between two reports of a load, as the report of a run shows it. */
export function loadSummary(
  after: LoadReport,
  before: LoadReport | undefined,
  startedAt: number,
): LoadSummary {
  const from = Math.max(startedAt, after.startedAt);
  const sent = after.requests - (before?.requests ?? 0);
  const failed = after.failed - (before?.failed ?? 0);
  const latencies = after.latencies.map((count, index) => count - (before?.latencies[index] ?? 0));
  return {
    target: "orders and web of the shop",
    startedAt: new Date(from).toISOString(),
    seconds: (after.finishedAt - from) / 1000,
    sent,
    succeeded: sent - failed,
    failures: Object.entries(after.causes)
      .map(([cause, count]) => ({ cause, count: count - (before?.causes[cause] ?? 0) }))
      .filter(({ count }) => count > 0),
    latency:
      sent === 0
        ? null
        : {
            p50: percentile(latencies, 0.5),
            p99: percentile(latencies, 0.99),
            max: latencies.findLastIndex((count) => count > 0),
          },
  };
}

/** Smallest latency in milliseconds that this share of the requests did not exceed. */
export function percentile(latencies: readonly number[], share: number): number {
  const wanted = share * latencies.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  return latencies.findIndex((count) => {
    seen += count;
    return seen >= wanted;
  });
}
