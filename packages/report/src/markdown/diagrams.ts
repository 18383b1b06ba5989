import type { VerdictKind } from "@sluice/documents";
import type { RolloutView, RunView } from "@sluice/journal";
import { verdictWords } from "../evidence-words.ts";
import { diagramText } from "./parts.ts";

const tags: Record<string, string> = {
  succeeded: "done, ",
  failed: "crit, ",
  rolled_back: "crit, ",
  rollback_failed: "crit, ",
  running: "active, ",
};

/** The stages of a run over time, as a Gantt chart of Mermaid that GitHub draws. */
export function stageGantt(view: RunView): string | null {
  if (view.stages.length === 0) return null;
  const start = Math.min(...view.stages.map((stage) => stage.startedAt));
  const lines = view.stages.map((stage, index) => {
    const from = stage.startedAt - start;
    const to = Math.max((stage.finishedAt ?? view.finishedAt ?? stage.startedAt) - start, from + 1);
    return `  ${stage.stage} :${tags[stage.status] ?? ""}s${index}, ${from}, ${to}`;
  });
  return ["gantt", "  dateFormat x", "  axisFormat %M:%S", "  section Stages", ...lines].join("\n");
}

/** The steps of a rollout as a row of boxes that ends with what the judge said. */
export function rolloutFlow(rollout: RolloutView, verdict: VerdictKind | null): string | null {
  const shares = rollout.weights.map(({ weights }) => weights[rollout.to] ?? 0);
  const steps = shares.filter((share, index) => share !== shares[index - 1]);
  if (steps.length === 0) return null;
  const boxes = steps.map((share, index) => `  w${index}["${share} % on ${diagramText(rollout.to)}"]`);
  const end = `  e(["${diagramText(verdict ? verdictWords[verdict] : rollout.status.replaceAll("_", " "))}"])`;
  const path = [...steps.map((_, index) => `w${index}`), "e"].join(" --> ");
  return ["flowchart LR", ...boxes, end, `  ${path}`].join("\n");
}
