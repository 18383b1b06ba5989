import { duration, moment } from "../format.ts";
import { finalVerdict } from "../measures.ts";
import type { RunReport } from "../report.ts";
import { html, type Markup, prose } from "./markup.ts";
import { badge } from "./parts.ts";
import { buildSection } from "./sections/build.ts";
import { databaseSection } from "./sections/database.ts";
import { journalSection } from "./sections/journal.ts";
import { loadSection } from "./sections/load.ts";
import { planSection } from "./sections/plan.ts";
import { rolloutSection } from "./sections/rollout.ts";
import { scanSection } from "./sections/scan.ts";
import { stagesSection } from "./sections/stages.ts";
import { checksSection, rollbackSection } from "./sections/verify.ts";
import { watchSection } from "./sections/watch.ts";

/** One run: what happened, why, how it went over time, and everything behind it. */
export function runArticle(run: RunReport, id: string, isOnly: boolean): Markup {
  const { view } = run;
  return html`<article id="${id}" class="${isOnly && "only"}" aria-labelledby="${isOnly ? "lead" : `${id}-title`}">
${
  isOnly
    ? null
    : html`<p class="kicker">${badge(run.status)}${run.title && html`<span>${run.title}</span>`}</p>
<h2 id="${id}-title">${run.headline}</h2><p class="because">${prose(run.because)}</p>`
}
${isOnly ? null : runMeta(run)}
${run.rollouts.length > 0 && html`<section class="rollouts" aria-label="Rollouts">${rollouts(run, id)}</section>`}
<section><h3>Stages</h3>${stagesSection(view, run.results)}</section>
<div class="folds">${run.load && loadSection(run.load)}${run.results.map(stageDetails)}
${run.plan && planSection(run.plan, view.planHash, detectionIn(run))}
${journalSection(run.events, id)}</div>
</article>`;
}

/** The rollouts that say most are open: what went wrong, else the first that was judged, else the first. */
function rollouts(run: RunReport, id: string): Markup[] {
  const isTelling = ({ rollout }: RunReport["rollouts"][number]) =>
    rollout.status !== "succeeded" && rollout.status !== "skipped";
  const most =
    run.rollouts.find(isTelling) ??
    run.rollouts.find(({ rollout }) => finalVerdict(rollout) !== null) ??
    run.rollouts[0];
  return run.rollouts.map((entry, index) =>
    rolloutSection(entry.rollout, entry.measures, `${id}-r${index}`, entry === most || isTelling(entry)),
  );
}

function stageDetails(result: RunReport["results"][number]): Markup | null {
  const { details } = result;
  if (!details) return null;
  if (details.stage === "build") return buildSection(details);
  if (details.stage === "scan") return scanSection(details);
  if (details.stage === "migrate") return databaseSection(details);
  if (details.stage === "verify") return checksSection("Verification", details.checks);
  if (details.stage === "watch") return watchSection(details);
  if (details.stage === "rollback") return rollbackSection(details);
  return null; // plan, deploy and report are told by other parts of the page
}

const detectionIn = ({ results }: RunReport) =>
  results.flatMap(({ details }) => (details?.stage === "plan" ? (details.detection ?? []) : []));

/** When it was, how long it took, and who began it. */
export function runMeta(run: RunReport): Markup {
  const { view } = run;
  const seconds = view.finishedAt === null ? null : (view.finishedAt - view.startedAt) / 1000;
  const meta = [
    view.startedAt > 0 ? moment(view.startedAt) : null,
    seconds === null ? null : `took ${duration(seconds)}`,
    view.commit ? `commit ${view.commit.slice(0, 12)}` : null,
    view.actor ? `by ${view.actor}` : null,
    `run ${run.run}`,
  ].filter((part) => part !== null);
  return html`<p class="meta">${meta.join(" · ")}</p>`;
}
