import { formatDuration } from "@sluice/config";
import { formatProblem, type Plan, type PlannedStage, type PlannedStep } from "@sluice/documents";
import { changesOf, symbols } from "./diff.ts";
import { type MadePlan, planHash } from "./plan.ts";
import { inOneBreath } from "./shared-steps.ts";

/** The plan as text for a terminal, complete: every step with its wait. Ends with a line break. */
export function formatPlan(made: MadePlan | Plan): string {
  const plan = "plan" in made ? made.plan : made;
  const hash = "plan" in made ? made.hash : planHash(made);
  return `${[
    heading(plan),
    ...serviceLines(plan),
    ...plan.stages.map(stageLines),
    ["If it fails, a rollback would", ...stepLines(plan.rollback, "do nothing: no service changes")],
    approvalLines(plan),
    ...(plan.warnings.length > 0
      ? [plan.warnings.flatMap((problem) => `${problem.severity}: ${formatProblem(problem)}`.split("\n"))]
      : []),
    [`Plan: ${countChanges(plan)}. ${timeLine(plan)}`, `Hash: ${hash}`],
  ]
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function heading({ project, environment, target, release }: Plan): string[] {
  const commit = release.commit ? ` (commit ${release.commit.slice(0, 12)})` : "";
  return [`Sluice will deploy ${project} ${release.version}${commit} to ${environment} (${target}).`];
}

function serviceLines(plan: Plan): string[][] {
  const rows = changesOf(plan).map(({ change, service, from, to }) => {
    const { tier, strategy, replicas } = plan.services.find(({ name }) => name === service)!;
    return [
      `  ${symbols[change]}`,
      service,
      change === "update" ? `${from} -> ${to}` : to,
      tier,
      strategy,
      `${replicas} replica${replicas === 1 ? "" : "s"}`,
    ];
  });
  const chosen = plan.services.flatMap(({ name, strategy, why }) =>
    why === undefined ? [] : [`    ${name} goes by ${strategy}: ${why}.`],
  );
  const together = plan.services.flatMap(({ name, together: others = [] }, index) =>
    plan.services.findIndex((one) => others.includes(one.name)) > index
      ? [`    ${inOneBreath([name, ...others])} take their canary steps together.`]
      : [],
  );
  return [[...columns(rows), ...chosen, ...together]];
}

/** Rows with their columns aligned. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function stageLines(stage: PlannedStage): string[] {
  if (stage.skipped !== undefined) return [`${title(stage.stage)}: left out, because ${stage.skipped}`];
  const waits = stage.waitSeconds > 0 ? `  (waits ${formatDuration(stage.waitSeconds)})` : "";
  return [`${title(stage.stage)}${waits}`, ...stepLines(stage.steps, "nothing to do")];
}

const title = (stage: string): string => stage.charAt(0).toUpperCase() + stage.slice(1);

function stepLines(steps: readonly PlannedStep[], nothing: string): string[] {
  if (steps.length === 0) return [`  - ${nothing}`];
  return steps.map(({ action, waitSeconds }) =>
    waitSeconds > 0 ? `  - ${action}  [${formatDuration(waitSeconds)}]` : `  - ${action}`,
  );
}

function approvalLines({ approvals, environment }: Plan): string[] {
  if (approvals.length === 0) return [`Nobody has to approve a deployment to ${environment}.`];
  return [
    "Before anything is changed, it needs",
    ...approvals.map(({ from, count }) => `  - ${approvalsOf(count)} of ${from}`),
  ];
}

export const approvalsOf = (count: number): string => `${count} approval${count === 1 ? "" : "s"}`;

function countChanges(plan: Plan): string {
  const changes = changesOf(plan);
  const count = (kind: string) => changes.filter(({ change }) => change === kind).length;
  if (count("deploy") > 0) return `${count("deploy")} to deploy over whatever runs`;
  return `${count("create")} to start, ${count("update")} to update, ${count("unchanged")} unchanged`;
}

function timeLine({ duration }: Plan): string {
  const { waitSeconds, limitSeconds } = duration;
  return `It waits ${formatDuration(waitSeconds)} on purpose; the job may take ${formatDuration(limitSeconds)}.`;
}
