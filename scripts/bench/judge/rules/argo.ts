import { afterFailures, type Rule, ratioIn } from "./rule.ts";

/**
 * Argo Rollouts: the analysis of the documentation, success ratio at least 95 % with `failureLimit: 3`, measured
 * once a minute. `assessMetricFailureInconclusiveOrError` fails a run when there are more failed measurements than
 * the limit, so the fourth one decides, and it counts all of them, not only those in a row.
 */
export const argo: Rule = {
  name: "Argo 95 %, failureLimit 3",
  source: "argoproj/argo-rollouts, docs/features/analysis.md and analysis/analysis.go",
  decide: ({ minutes: { canary } }) =>
    afterFailures(canary.requests.length, (minute) => 1 - ratioIn(canary, minute) < 0.95, 4),
};
