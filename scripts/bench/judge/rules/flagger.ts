import { afterFailures, type Rule, ratioIn } from "./rule.ts";

/**
 * Flagger: `request-success-rate` at least 99 % and `threshold: 5`, once a minute. Failed checks are counted over
 * the whole release, and the count is compared at the beginning of the next check, so the rollback comes one check
 * after the fifth failure. (That Flagger does not raise the weight after a failed check is left out.)
 */
export const flagger: Rule = {
  name: "Flagger 99 %, threshold 5",
  source: "fluxcd/flagger, pkg/controller/scheduler.go",
  decide: ({ minutes: { canary } }) => {
    const fifth = afterFailures(canary.requests.length, (minute) => 1 - ratioIn(canary, minute) < 0.99, 5);
    return fifth === null || fifth >= canary.requests.length ? null : fifth + 1;
  },
};
