import { formatDuration } from "@sluice/config";
import type { Plan, PlannedStage, PlannedStep } from "@sluice/documents";
import { approvalsOf } from "./format.ts";

/**
 * The plan as a Mermaid flow chart that GitHub renders: the stages in a row, each service of the deployment
 * as a lane of its steps, the way back as a dotted line. The text is stable, so that it can be compared.
 */
export function planMermaid(plan: Plan): string {
  const stages = plan.stages.filter(({ stage }) => stage !== "deploy");
  const deploy = plan.stages.find(({ stage }) => stage === "deploy");
  const lanes = deploy ? lanesOf(deploy, plan) : [];
  const lines = [
    "flowchart LR",
    `  request(["${label(`${plan.project} ${plan.release.version}`, `to ${plan.environment}`)}"])`,
  ];
  if (plan.approvals.length > 0) {
    const needed = plan.approvals.map(({ from, count }) => `${approvalsOf(count)} of ${from}`);
    lines.push(`  gate{{"${label(...needed)}"}}`);
  }
  for (const stage of stages) lines.push(`  ${stage.stage}["${label(stage.stage, detail(stage))}"]`);
  if (deploy) {
    lines.push(`  subgraph deploy["${label("deploy", detail(deploy))}"]`, "    direction TB");
    for (const [index, lane] of lanes.entries()) {
      lines.push(`    lane${index}["${label(lane.title, ...lane.lines)}"]`);
      if (index > 0) lines.push(`    lane${index - 1} --> lane${index}`);
    }
    lines.push("  end");
  }
  lines.push('  rollback["rollback"]');
  const path = [
    "request",
    ...(plan.approvals.length > 0 ? ["gate"] : []),
    ...plan.stages.map(({ stage }) => stage),
  ];
  lines.push(`  ${path.join(" --> ")}`);
  for (const stage of ["deploy", "verify", "watch"])
    if (plan.stages.some((each) => each.stage === stage && each.skipped === undefined))
      lines.push(`  ${stage} -. failure, cancel, breach .-> rollback`);
  const skipped = plan.stages.filter((stage) => stage.skipped !== undefined).map(({ stage }) => stage);
  lines.push("  classDef skipped stroke-dasharray: 4 4,opacity:0.6");
  if (skipped.length > 0) lines.push(`  class ${skipped.join(",")} skipped`);
  return `${lines.join("\n")}\n`;
}

interface Lane {
  title: string;
  lines: string[];
}

/** One lane for each service (in each region), in the order of the steps. */
function lanesOf(deploy: PlannedStage, plan: Plan): Lane[] {
  const lanes = new Map<string, { service?: string; steps: PlannedStep[] }>();
  for (const step of deploy.steps) {
    // Of services that go together the last has the waits of all.
    const { name, together = [] } = plan.services.find((one) => one.name === step.service) ?? {};
    const isLast = plan.services.findLast((one) => one.name === name || together.includes(one.name));
    if (together.length > 0 && isLast?.name !== name) continue;
    const key = step.id.split("/").slice(1, -1).join("/");
    if (step.service === undefined && step.waitSeconds === 0) continue;
    const lane = lanes.get(key) ?? { service: step.service, steps: [] };
    lane.steps.push(step);
    lanes.set(key, lane);
  }
  return [...lanes].map(([key, { service, steps }]) => {
    const planned = plan.services.find(({ name }) => name === service);
    const names = plan.services.flatMap(({ name, together }) =>
      name === service || together?.includes(service ?? "") ? [name] : [],
    );
    const title = planned
      ? `${key.replace(/[^/]+$/, names.join(" + "))} (${planned.tier}, ${planned.strategy})`
      : key;
    return { title, lines: laneLines(steps) };
  });
}

/** The steps of a lane in a few words; the many equal batches of a rolling update are one line. */
function laneLines(steps: readonly PlannedStep[]): string[] {
  const weights = steps.flatMap((step) => {
    const weight = /\/weight-([\d.]+)$/.exec(step.id)?.[1];
    return weight
      ? [step.waitSeconds > 0 ? `${weight} % ${formatDuration(step.waitSeconds)}` : `${weight} %`]
      : [];
  });
  if (weights.length > 0) return [weights.join(" → ")];
  const batches = steps.filter(({ id }) => /\/batch-\d+$/.test(id)).length;
  if (batches > 0) return [`${batches} batch${batches === 1 ? "" : "es"}`];
  return [
    steps
      .map(
        ({ id, waitSeconds }) =>
          `${id.split("/").at(-1)}${waitSeconds > 0 ? ` ${formatDuration(waitSeconds)}` : ""}`,
      )
      .join(" → "),
  ];
}

function detail({ skipped, steps, waitSeconds }: PlannedStage): string {
  if (skipped !== undefined) return "left out";
  return waitSeconds > 0
    ? `${formatDuration(waitSeconds)} of waits`
    : `${steps.length} step${steps.length === 1 ? "" : "s"}`;
}

/** Lines of a node; what Mermaid or HTML would read as markup is written as an entity. */
function label(...lines: string[]): string {
  return lines
    .map((line) => line.replace(/[#&"<>`\\]/g, (character) => `#${character.codePointAt(0)};`))
    .map((line) => line.replace(/\s+/g, " "))
    .join("<br/>");
}
