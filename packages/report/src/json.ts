import { canonicalJson } from "@sluice/documents";
import type { Report, RunReport } from "./report.ts";

/**
 * Everything in one document, with sorted keys: the same report is the same bytes. Readings, weights
 * and verdicts stand in the events of each run and are not repeated in its views.
 */
export const toJson = (report: Report): string =>
  `${canonicalJson({ ...report, runs: report.runs.map(withoutRepetition) })}\n`;

function withoutRepetition(run: RunReport) {
  const { rollouts: _rollouts, ...view } = run.view;
  return {
    ...run,
    view,
    rollouts: run.rollouts.map(({ rollout, measures }) => {
      const { samples: _samples, weights: _weights, verdicts: _verdicts, ...rest } = rollout;
      return { rollout: rest, measures };
    }),
  };
}
