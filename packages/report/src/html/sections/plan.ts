import type { Plan, ServiceDetection } from "@sluice/documents";
import { serviceDetection } from "@sluice/plan";
import { counted, duration, shortDigest } from "../../format.ts";
import { html, type Markup } from "../markup.ts";
import { folded } from "../parts.ts";
import { problemList } from "./stages.ts";

/** What was going to be done, as it was approved. */
export function planSection(
  plan: Plan,
  hash: string | null,
  detection: readonly ServiceDetection[] = [],
): Markup {
  const steps = plan.stages.reduce((sum, stage) => sum + stage.steps.length, 0);
  return folded(
    "Plan",
    `${counted(steps, "step")}, ${duration(plan.duration.waitSeconds)} of deliberate waits`,
    html`<p class="quiet">Deliberate waits take ${duration(plan.duration.waitSeconds)} of the ${duration(plan.duration.limitSeconds)} that the job may take. Configuration <code title="${plan.configDigest}">${shortDigest(plan.configDigest)}</code>${hash && html`, plan <code title="${hash}">${shortDigest(hash)}</code>`}.
${plan.approvals.length === 0 ? "Nobody had to approve it." : `Approval: ${plan.approvals.map((approval) => `${approval.count} of ${approval.from}`).join(", ")}.`}</p>
${problemList(plan.warnings)}
${plan.stages.map(
  (
    stage,
  ) => html`<h4>${stage.stage}${stage.skipped !== undefined && html` <span class="quiet">skipped: ${stage.skipped}</span>`}</h4>
${stage.steps.length > 0 && stepList(stage.steps)}`,
)}
${detection.map(detectionList)}
<h4>A rollback would</h4>
${plan.rollback.length > 0 ? stepList(plan.rollback) : html`<p class="empty">There is no earlier version to go back to.</p>`}`,
  );
}

const stepList = (steps: Plan["rollback"]) =>
  html`<ol class="steps">${steps.map((step) => html`<li>${step.action}${step.waitSeconds > 0 && html` <span class="quiet">waits ${duration(step.waitSeconds)}</span>`}</li>`)}</ol>`;

function detectionList(found: ServiceDetection): Markup {
  const { title, lines } = serviceDetection(found);
  return html`<h4>${title}</h4><ul class="steps">${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}
