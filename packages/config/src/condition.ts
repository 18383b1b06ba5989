import type { Bound } from "@sluice/judge";
import { amount, describeValue, factor, latency, percent, type Quantity, type Reading } from "./units.ts";

/** A statement about a metric that says when something is wrong, in its canonical spelling, as `latency_p99 > 1000ms`. */
export interface Condition extends Bound {
  /** The unit of `value`. */
  unit: "percent" | "milliseconds" | "factor" | "count";
}

type Failure = Extract<Reading, { ok: false }>;
export type ConditionReading = { ok: true; condition: Condition } | Failure;

/** What can be said of a metric: its unit, and whether it can be held against the version that runs now. */
interface Kind {
  quantity: Quantity;
  unit: Exclude<Condition["unit"], "factor">;
  isComparable: boolean;
}

const rate: Kind = { quantity: percent, unit: "percent", isComparable: true };
const kinds = {
  error_rate: rate,
  availability: { ...rate, isComparable: false },
  latency: { quantity: latency, unit: "milliseconds", isComparable: true },
  cpu: rate,
  memory: rate,
  health_failures: { quantity: amount, unit: "count", isComparable: false },
  restarts: { quantity: amount, unit: "count", isComparable: false },
} satisfies Partial<Record<Bound["metric"], Kind>>;

/** Names of metrics as a configuration writes them. */
export const metricsAllowed =
  "`error_rate`, `availability`, `cpu`, `memory`, `health_failures`, `restarts` or a percentile such as `latency_p99`";

/** The expression form, for editors; `parseCondition` says more when it does not match. */
export const conditionPattern =
  "^\\s*((error_rate|availability|cpu|memory)\\s*[<>]=?\\s*\\d+(\\.\\d+)?(\\s?%|x)|(health_failures|restarts)\\s*[<>]=?\\s*\\d+|latency_p\\d{1,2}(\\.\\d+)?\\s*[<>]=?\\s*\\d+(\\.\\d+)?(ms|s|x))\\s*$";

/** Metric and percentile of a name such as `latency_p99`; null when there is no such metric. */
export function parseMetricName(
  name: string,
): (Pick<Condition, "percentile"> & { metric: keyof typeof kinds }) | null {
  if (Object.hasOwn(kinds, name) && name !== "latency") return { metric: name as keyof typeof kinds };
  const percentile = /^latency_p(\d{1,2}(?:\.\d+)?)$/.exec(name)?.[1];
  return percentile && Number(percentile) > 0 ? { metric: "latency", percentile: Number(percentile) } : null;
}

/**
 * A condition of the grammar `metric comparison quantity`, for example `error_rate > 1%`, or `latency_p95 > 2x`
 * against the version that runs now.
 *
 * A condition states what is bad, so everything is bounded from above and availability from below: the other
 * direction would end every healthy release and is refused.
 */
export function parseCondition(found: unknown): ConditionReading {
  const example =
    "Write for example `error_rate > 1%`, `latency_p99 > 1000ms`, `latency_p95 > 2x` or `availability < 99.9%`.";
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
  return boundedBy(name, metric, kinds[metric.metric], comparison, bound);
}

/** A condition on an own pair of counters: percent of its total, or a factor over the version that runs now. */
export const makeOwnCondition = (
  name: string,
  comparison: Condition["comparison"],
  bound: unknown,
): ConditionReading =>
  boundedBy(name, { metric: "events", name }, rate, comparison, bound, comparison.startsWith("<"));

function boundedBy(
  name: string,
  metric: Pick<Condition, "metric" | "percentile" | "name">,
  { quantity, unit, isComparable }: Kind,
  comparison: Condition["comparison"],
  bound: unknown,
  fromBelow = metric.metric === "availability",
): ConditionReading {
  if (fromBelow !== comparison.startsWith("<"))
    return {
      ok: false,
      reasonCode: "config.not-allowed",
      message: `\`${name} ${comparison} …\`, which is true while everything is well`,
      remedy: `A condition says what is bad: write \`${name} ${fromBelow ? "<" : ">"} …\`.`,
    };
  if (isComparable && typeof bound === "string" && bound.endsWith("x")) {
    const reading = factor.read(bound);
    if (!reading.ok) return reading;
    const { value } = reading;
    const text = `${name} ${comparison} ${value}x`;
    return { ok: true, condition: { text, ...metric, comparison, value, isRelative: true, unit: "factor" } };
  }
  const reading = quantity.read(bound);
  if (!reading.ok) return reading;
  const { value } = reading;
  if (quantity === percent && metric.metric !== "cpu" && value > 100)
    return {
      ok: false,
      reasonCode: "config.not-allowed",
      message: `${value} %, more than all ${metric.metric === "memory" ? "memory" : "requests"}`,
      remedy: "Write a percentage between `0%` and `100%`.",
    };
  const suffix = { percent: "%", milliseconds: "ms", count: "" }[unit];
  return {
    ok: true,
    condition: { text: `${name} ${comparison} ${value}${suffix}`, ...metric, comparison, value, unit },
  };
}
