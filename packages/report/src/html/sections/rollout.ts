import type { RolloutView } from "@sluice/journal";
import { count, duration, milliseconds, percent, share } from "../../format.ts";
import type { Measures } from "../../measures.ts";
import { seriesOf } from "../../series.ts";
import { steps } from "../../steps.ts";
import { chartData, decidedInterval, rolloutChart } from "../../svg/rollout-chart.ts";
import { html, type Markup } from "../markup.ts";
import { badge, empty, numeric, table } from "../parts.ts";
import { evidenceSection } from "./evidence.ts";

/** One rollout: what happened over time, and why it ended as it did. */
export function rolloutSection(
  rollout: RolloutView,
  measures: Measures,
  id: string,
  isOpen: boolean,
): Markup {
  const name = rollout.service ?? "Rollout";
  const versions = html`${rollout.from ? html`<span class="key old">${rollout.from}</span> to ` : "first version "}<span class="key new">${rollout.to}</span>`;
  return html`<details class="rollout" ${isOpen && html`open`}><summary><h3>${name}</h3><span class="gist">${versions}, ${rollout.strategy} ${badge(rollout.status)}</span></summary>
<div class="inside">
${rollout.resumed && html`<p class="quiet">An earlier run began this rollout; this one took it up where the target was.</p>`}
${facts(rollout, measures)}
${rollout.from === null && rollout.samples.length === 0 ? empty("This was the first version, so there was nothing to compare it with: no chart and no verdict.") : html`${chart(rollout, id)}${evidenceSection(rollout)}`}
${stepTable(rollout)}
</div></details>`;
}

function facts(rollout: RolloutView, measures: Measures): Markup {
  const list: [string, string | null][] = [
    ["Rollout took", measures.seconds === null ? null : duration(measures.seconds)],
    [
      "First canary request to verdict",
      measures.secondsToVerdict === null ? null : duration(measures.secondsToVerdict),
    ],
    [
      `Requests answered by ${rollout.to}`,
      measures.canaryRequests === null ? null : count(measures.canaryRequests),
    ],
    ["Bad responses served", measures.canaryErrors === null ? null : count(measures.canaryErrors)],
    [
      "Traffic back after the verdict",
      measures.secondsUntilTrafficBack === null ? null : duration(measures.secondsUntilTrafficBack),
    ],
    ["Requests without an answer", measures.unanswered === null ? null : count(measures.unanswered)],
  ];
  return factList(list.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** A row of figures with their names. */
export const factList = (list: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="facts">${list.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

function chart(rollout: RolloutView, id: string): Markup {
  const series = seriesOf(rollout);
  const wide = rolloutChart(rollout, series, { width: 800, id: `${id}-w` });
  const narrow = rolloutChart(rollout, series, { width: 360, id: `${id}-n` });
  if (!wide || !narrow)
    return empty(
      rollout.samples.length === 0
        ? "There is no chart: the counters of the versions were not read during this rollout."
        : "There is no chart: the rollout ended before a second reading of the counters.",
    );
  return html`<figure class="chart" data-points="${JSON.stringify(chartData(series))}" data-old="${rollout.from ?? ""}" data-new="${rollout.to}">
<p class="legend"><span class="key new">${rollout.to}</span> ${rollout.from && html`<span class="key old">${rollout.from}</span>`}</p>
<div class="wide">${wide}</div><div class="narrow">${narrow}</div>
<p class="readout" hidden></p>
<figcaption>Shares and latencies look back over ${duration(series.windowSeconds)}. Vertical lines are moments at which the judge held the rollout or decided.${decidedInterval(rollout) && " What was seen in the shaded time decided."}</figcaption>
</figure>`;
}

function stepTable(rollout: RolloutView): Markup | null {
  const rows = steps(rollout);
  if (rows.length === 0) return null;
  const pair = (canary: string, baseline: string) =>
    html`<span class="new-figure">${canary}</span> <span class="quiet">/ ${baseline}</span>`;
  return table(
    `Step by step (${rollout.to} / ${rollout.from ?? "–"})`,
    [
      "Traffic",
      numeric("From"),
      numeric("For"),
      numeric("Requests"),
      numeric("Failed"),
      numeric("Share"),
      numeric("p99"),
    ],
    rows.map(({ weight, from, seconds, canary, baseline }) => [
      percent(weight),
      duration(from),
      duration(seconds),
      pair(count(canary?.requests ?? 0), count(baseline?.requests ?? 0)),
      pair(count(canary?.errors ?? 0), count(baseline?.errors ?? 0)),
      pair(share(canary?.errorRatio), share(baseline?.errorRatio)),
      pair(milliseconds(canary?.p99), milliseconds(baseline?.p99)),
    ]),
  );
}
