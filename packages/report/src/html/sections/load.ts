import type { LoadSummary } from "@sluice/documents";
import { count, counted, duration, milliseconds, share } from "../../format.ts";
import { html, type Markup } from "../markup.ts";
import { badge, folded, numeric, table } from "../parts.ts";
import { factList } from "./rollout.ts";

/** What the users saw: every request that was sent, and why some failed. */
export function loadSection(load: LoadSummary): Markup {
  const failed = load.failures.reduce((sum, failure) => sum + failure.count, 0);
  return folded(
    "Load from outside",
    html`${failed === 0 ? badge("passed", "no request lost") : badge("failed", counted(failed, "failed request"))} of ${count(load.sent)}`,
    html`<p class="quiet">Sent to <code>${load.target}</code> for ${duration(load.seconds)}, ${count(load.seconds > 0 ? load.sent / load.seconds : 0)} requests per second.</p>
${factList([
  ["Sent", count(load.sent)],
  ["Succeeded", count(load.succeeded)],
  ["Failed", count(failed)],
  ...(load.latency
    ? ([
        ["Latency p50", milliseconds(load.latency.p50)],
        ["Latency p99", milliseconds(load.latency.p99)],
        ["Slowest", milliseconds(load.latency.max)],
      ] as const)
    : []),
])}
${
  load.failures.length > 0 &&
  table(
    "Failed requests by cause",
    ["Cause", numeric("Requests"), numeric("Share of all")],
    load.failures.map((failure) => [
      failure.cause,
      count(failure.count),
      share(failure.count / Math.max(load.sent, 1)),
    ]),
  )
}`,
    failed > 0,
  );
}
