import { afterFailures, type Rule, ratioIn } from "./rule.ts";

/** Error ratio of a minute above 0.1 %, five times: in all, or one after the other. */
const absolute = (inARow: boolean): Rule => ({
  name: `errors > 0.1 %, 5 ${inARow ? "in a row" : "in all"}`,
  source: "canary.analysis.metrics of the documents: max 0.1 %, threshold 5",
  decide: ({ minutes: { canary } }) =>
    afterFailures(canary.requests.length, (minute) => ratioIn(canary, minute) > 0.001, 5, inARow),
});

/** Error ratio of a minute more than half as high again as that of the baseline. */
const relative = (limit: number, inARow: boolean): Rule => ({
  name: `errors > baseline + 50 %, ${limit === 1 ? "once" : `${limit} ${inARow ? "in a row" : "in all"}`}`,
  source: "autoRollback of the documents: an increase by 50 %",
  decide: ({ minutes: { canary, baseline } }) =>
    afterFailures(
      canary.requests.length,
      (minute) => ratioIn(canary, minute) > 1.5 * ratioIn(baseline, minute),
      limit,
      inARow,
    ),
});

export const thresholds: readonly Rule[] = [
  absolute(false),
  absolute(true),
  relative(1, false),
  relative(5, false),
  relative(5, true),
];
