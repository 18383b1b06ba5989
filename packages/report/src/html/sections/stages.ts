import type { Problem, Result } from "@sluice/documents";
import type { RunView } from "@sluice/journal";
import { duration, sentence } from "../../format.ts";
import { html, type Markup, prose, svg } from "../markup.ts";
import { badge, empty, toneOf } from "../parts.ts";

/** Every stage with its place in time, so that one sees what took long and what came after what. */
export function stagesSection(view: RunView, results: readonly Result[]): Markup {
  if (view.stages.length === 0) return empty("No stage was written to the journal of this run.");
  const start = Math.min(...view.stages.map((stage) => stage.startedAt));
  const ends = view.stages.map((stage) => stage.finishedAt ?? view.finishedAt ?? stage.startedAt);
  const span = Math.max(Math.max(...ends) - start, 1);
  return html`<ol class="stages" aria-label="Stages in order">${view.stages.map((stage, index) => {
    const x = ((stage.startedAt - start) / span) * 1000;
    const width = Math.max(((ends[index]! - stage.startedAt) / span) * 1000, 3);
    const problems = results
      .filter((result) => result.stage === stage.stage)
      .flatMap((result) => result.problems);
    return html`<li><span class="stage-name">${stage.stage}</span><span class="stage-time">${duration(stage.seconds)}</span>
<span class="stage-bar">${svg`<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect class="bar ${toneOf(stage.status)}" x="${Math.round(x)}" width="${Math.round(width)}" height="10" rx="2"/></svg>`}</span>
<span class="stage-status">${badge(stage.status)}</span>
<span class="stage-summary">${prose(sentence(stage.summary ?? ""))}${problemList(problems)}</span></li>`;
  })}</ol>`;
}

/** What is wrong, where, and what to do about it. */
export function problemList(problems: readonly Problem[]): Markup | null {
  if (problems.length === 0) return null;
  return html`<ul class="problems">${problems.map((problem) => {
    const at = problem.location;
    const place = at && [at.file, at.line, at.column].filter((part) => part !== undefined).join(":");
    return html`<li class="${problem.severity}">${place && html`<code>${place}</code> `}${prose(problem.message)}${problem.remedy && html` <span class="remedy">${prose(problem.remedy)}</span>`} <code class="quiet">${problem.reasonCode}</code></li>`;
  })}</ul>`;
}
