import { quantileSeconds } from "../../../../packages/judge/src/index.ts";
import { edges } from "../scenario.ts";
import type { Arm } from "../traffic.ts";
import { afterFailures, type Rule } from "./rule.ts";

/** 99th percentile of a minute in milliseconds, read from the histogram; null without requests. */
export function p99(arm: Arm, minute: number): number | null {
  const requests = arm.requests[minute]!;
  const histogram = Object.fromEntries(edges.map((edge, i) => [edge, requests - arm.slower[i]![minute]!]));
  const seconds = quantileSeconds({ ...histogram, "+Inf": requests }, 0.99);
  return seconds === null ? null : 1000 * seconds;
}

const above500 = (inARow: boolean): Rule => ({
  name: `p99 > 500 ms, 5 ${inARow ? "in a row" : "in all"}`,
  source: "request-duration of Flagger (maximum 500 ms), five failed checks",
  decide: ({ minutes: { canary } }) =>
    afterFailures(canary.requests.length, (minute) => (p99(canary, minute) ?? 0) > 500, 5, inARow),
});

const twice: Rule = {
  name: "p99 > 2 x baseline, 5 in all",
  source: "autoRollback of the documents: latency doubled",
  decide: ({ minutes: { canary, baseline } }) =>
    afterFailures(
      canary.requests.length,
      (minute) => (p99(canary, minute) ?? 0) > 2 * (p99(baseline, minute) ?? Number.POSITIVE_INFINITY),
      5,
    ),
};

export const latencyThresholds: readonly Rule[] = [above500(false), above500(true), twice];
