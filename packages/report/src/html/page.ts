import { createHash } from "node:crypto";
import { duration, moment, timeOfDay } from "../format.ts";
import type { Report } from "../report.ts";
import { html, type Markup, prose, Markup as Raw } from "./markup.ts";
import { badge } from "./parts.ts";
import { runArticle, runMeta } from "./run.ts";
import { script } from "./script.ts";
import { figuresSection } from "./sections/figures.ts";
import { style } from "./style.ts";

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * The report as one page that needs nothing else: no network, no fonts, no other files. Its policy
 * (Content-Security-Policy) allows exactly its own style and script, so that nothing that slipped
 * into the text could ever run.
 */
export function toHtml(report: Report): string {
  const only = report.runs.length === 1 ? report.runs[0] : undefined;
  const lead = only ? only.headline : overall(report);
  return document({
    title: `${lead} ${report.project}, ${report.environment}`,
    body: html`<header class="top">
<h1>${report.project} · ${report.environment}</h1>
${only && html`<p class="kicker first">${badge(only.status)}${only.title && html`<span>${only.title}</span>`}</p>`}
<p class="lead" id="lead">${lead}</p>
${only ? html`<p class="because">${prose(only.because)}</p>${runMeta(only)}` : overview(report)}
</header>
<main>
${report.runs.map((run, index) => runArticle(run, `run-${index + 1}`, only !== undefined))}
<div class="folds">${figuresSection(report.figures, report.environment)}</div>
</main>
<footer>Made by Sluice from the plan, the results and the journal on ${moment(report.generatedAt)}. This page needs no network.</footer>`,
  });
}

/** A page around its body, with the one style and the one script. */
export const document = ({ title, body }: { title: string; body: Markup }): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'">
<title>${title}</title>
<style>${new Raw(style)}</style>
</head>
<body>
${body}
<script>${new Raw(script)}</script>
</body>
</html>
`.text;

/** What a reader takes away from several runs: how many went well, and what is live now. */
function overall({ runs }: Report): string {
  if (runs.length === 0) return "Nothing has been deployed here yet.";
  const live = runs.filter((run) => run.status === "succeeded").length;
  const back = runs.filter((run) => run.status === "rolled_back").length;
  const other = runs.length - live - back;
  const parts = [
    live > 0 ? `${live} went live` : "",
    back > 0 ? `${back} ${back === 1 ? "was" : "were"} rolled back` : "",
    other > 0 ? `${other} ended otherwise` : "",
  ].filter(Boolean);
  const now = runs.findLast((run) => run.status === "succeeded" && run.rollouts.length > 0)?.version;
  const list = parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join("");
  return `Of ${runs.length} releases, ${list}.${now ? ` ${now} serves now.` : ""}`;
}

function overview({ runs }: Report): Markup {
  return html`<ol class="overview">${runs.map(
    (run, index) =>
      html`<li><span>${badge(run.status)}</span><span class="what"><a href="#run-${index + 1}">${run.headline}</a>${run.title && html`<span class="quiet">${run.title}</span>`}</span><span class="when">${run.view.startedAt > 0 && timeOfDay(run.view.startedAt)}${run.view.finishedAt !== null && html`, ${duration((run.view.finishedAt - run.view.startedAt) / 1000)}`}</span></li>`,
  )}</ol>`;
}
