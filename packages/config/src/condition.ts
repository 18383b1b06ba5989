import type { Bound } from "@sluice/judge";
import { describeValue, latency, percent, type Reading } from "./units.ts";

/** A statement about a metric that says when something is wrong, in its canonical spelling, as `latency_p99 > 1000ms`. */
export interface Condition extends Bound {
  /** The unit of `value`. */
  unit: "percent" | "milliseconds";
}

type Failure = Extract<Reading, { ok: false }>;
export type ConditionReading = { ok: true; condition: Condition } | Failure;

/** Names of metrics as a configuration writes them. */
export const metricNamePattern = "^(error_rate|availability|latency_p\\d{1,2}(\\.\\d+)?)$";
export const metricsAllowed = "`error_rate`, `availability` or a percentile such as `latency_p99`";

/** The expression form, for editors; `parseCondition` says more when it does not match. */
export const conditionPattern =
  "^\\s*((error_rate|availability)\\s*[<>]=?\\s*\\d+(\\.\\d+)?\\s?%|latency_p\\d{1,2}(\\.\\d+)?\\s*[<>]=?\\s*\\d+(\\.\\d+)?(ms|s))\\s*$";

/** Metric and percentile of a name such as `latency_p99`; null when there is no such metric. */
export function parseMetricName(name: string): Pick<Condition, "metric" | "percentile"> | null {
  if (name === "error_rate" || name === "availability") return { metric: name };
  const percentile = /^latency_p(\d{1,2}(?:\.\d+)?)$/.exec(name)?.[1];
  return percentile && Number(percentile) > 0 ? { metric: "latency", percentile: Number(percentile) } : null;
}

/**
 * A condition of the grammar `metric comparison quantity`, for example `error_rate > 1%`.
 *
 * A condition states what is bad, so error rate and latency are bounded from above and availability
 * from below: the other direction would end every healthy release and is refused.
 */
export function parseCondition(found: unknown): ConditionReading {
  const example = "Write for example `error_rate > 1%`, `latency_p99 > 1000ms` or `availability < 99.9%`.";
  if (typeof found !== "string")
    return { ok: false, reasonCode: "config.wrong-type", message: describeValue(found), remedy: example };
  const parts = /^\s*([^\s<>=]+)\s*([<>]=?)\s*(.*?)\s*$/.exec(found);
  if (!parts)
    return {
      ok: false,
      reasonCode: "config.not-allowed",
      message: `\`${found}\`, which is not a condition`,
      remedy: example,
    };
  const [, name = "", comparison, bound = ""] = parts;
  return makeCondition(name, comparison as Condition["comparison"], bound);
}

/** A condition from its three parts; `bound` is what the YAML file holds, with its unit. */
export function makeCondition(
  name: string,
  comparison: Condition["comparison"],
  bound: unknown,
): ConditionReading {
  const metric = parseMetricName(name);
  if (!metric)
    return {
      ok: false,
      reasonCode: "config.not-allowed",
      message: `\`${name}\`, which is not a metric`,
      remedy: `Use ${metricsAllowed}.`,
    };
  const fromBelow = metric.metric === "availability";
  if (fromBelow !== comparison.startsWith("<"))
    return {
      ok: false,
      reasonCode: "config.not-allowed",
      message: `\`${name} ${comparison} …\`, which is true while everything is well`,
      remedy: `A condition says what is bad: write \`${name} ${fromBelow ? "<" : ">"} …\`.`,
    };
  const quantity = metric.metric === "latency" ? latency : percent;
  const reading = quantity.read(bound);
  if (!reading.ok) return reading;
  if (quantity === percent && reading.value > 100)
    return {
      ok: false,
      reasonCode: "config.not-allowed",
      message: `${reading.value} %, more than all requests`,
      remedy: "Write a percentage between `0%` and `100%`.",
    };
  const unit = quantity === latency ? "milliseconds" : "percent";
  const text = `${name} ${comparison} ${reading.value}${quantity === latency ? "ms" : "%"}`;
  return { ok: true, condition: { text, ...metric, comparison, value: reading.value, unit } };
}
