import { z } from "zod";
import {
  type Condition,
  makeCondition,
  makeOwnCondition,
  metricsAllowed,
  parseMetricName,
} from "../condition.ts";
import { factor, latency, percent } from "../units.ts";
import { custom, percentField } from "./fields.ts";

const bound = (description: string) =>
  z
    .unknown()
    .optional()
    .meta({
      anyOf: [
        { type: "string", pattern: `${percent.pattern}|${latency.pattern}|${factor.pattern}` },
        { type: "integer", minimum: 0 },
      ],
      description,
      examples: ["0.1%", "500ms", "2x"],
    });

/** A pair of counters of one's own that is compared like the errors; a program sees the ratio that is tolerated. */
export interface OwnMetric {
  name: string;
  /** Series on the metrics pages, as `orders_total{result="failed"}`; the sum of all that match. */
  events: string;
  total: string;
  worse: "higher" | "lower";
  /** How much worse than the baseline is tolerated, in percent of it; absent: as the errors. */
  tolerance?: number;
  noData: "hold" | "fail" | "promote";
  /** Its own bound, which holds a step. */
  gate?: Condition;
}

const seriesPattern = '^[a-zA-Z_:][a-zA-Z0-9_:]*(\\{\\s*([a-zA-Z_][a-zA-Z0-9_]*="[^"]*"\\s*,?\\s*)*\\})?$';
const series = (description: string, example: string) =>
  z
    .string()
    .regex(new RegExp(seriesPattern), 'a series such as `orders_total` or `orders_total{result="failed"}`')
    .optional()
    .meta({ description, examples: [example] });

/** A bound on a metric that holds a step while it is exceeded, or a metric of one's own that is compared. */
export const Metric = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]*(\.[0-9]+)?$/, "a name of lower-case letters, digits and `_`")
      .meta({
        description: `Metric: ${metricsAllowed}; or a name of one's own, with \`events\` and \`total\`.`,
        examples: ["error_rate", "latency_p99", "checkout_failed"],
      }),
    max: bound(
      "The most that is allowed, with its unit: percent for rates and saturation, `ms` or `s` for latencies, or a factor over the version that runs now such as `2x`.",
    ),
    min: bound("The least that is allowed, with its unit; for `availability` and for `worse: lower`."),
    events: series(
      "Counter of what is counted, on the metrics page of the service; all series that match are added up.",
      'checkouts_total{result="failed"}',
    ),
    total: series("Counter of everything of which `events` are a part.", "checkouts_total"),
    worse: z
      .enum(["higher", "lower"])
      .optional()
      .meta({
        description: "Which direction is bad: `higher` for failures (as without it), `lower` for successes.",
        examples: ["higher"],
      }),
    tolerance: percentField(
      {
        description: "As `tolerance` of the analysis, for this metric.",
        examples: ["10%"],
      },
      { max: 1000 },
    ).optional(),
    noData: z
      .enum(["hold", "fail", "promote"])
      .optional()
      .meta({
        description:
          "What happens while a version does not have it: hold the step (as without it), end the release after `threshold` checks, or go on without it.",
        examples: ["hold"],
      }),
  })
  .transform((entry, context): Condition | OwnMetric => {
    const { name, events, total, worse, tolerance, noData } = entry;
    const refuse = (input: unknown, issue: Parameters<typeof custom>[1], path?: string[]) => {
      context.issues.push(custom(input, issue, path));
      return z.NEVER;
    };
    const isOwn = events !== undefined || total !== undefined;
    if (!isOwn) {
      if (!parseMetricName(name))
        return refuse(
          name,
          {
            reasonCode: "config.not-allowed",
            message: `\`${name}\``,
            remedy: `Use ${metricsAllowed}; or name the counters of a metric of your own with \`events:\` and \`total:\`.`,
          },
          ["name"],
        );
      for (const key of ["worse", "tolerance", "noData"] as const)
        if (entry[key] !== undefined)
          return refuse(
            entry[key],
            {
              reasonCode: "config.not-allowed",
              message: `for metrics with \`events\` and \`total\` only`,
              remedy: "Leave it out.",
            },
            [key],
          );
    } else {
      if (parseMetricName(name))
        return refuse(
          name,
          {
            reasonCode: "config.contradiction",
            message: `\`${name}\`, which Sluice measures itself`,
            remedy: "Give the metric a name of its own.",
          },
          ["name"],
        );
      const missingKey = events === undefined ? "events" : total === undefined ? "total" : null;
      if (missingKey)
        return refuse(entry, {
          reasonCode: "config.missing-key",
          message: `without \`${missingKey}\``,
          remedy: `Write \`${missingKey}:\` with the name of a counter.`,
        });
    }
    const fromBelow = isOwn ? worse === "lower" : name === "availability";
    const key = fromBelow ? "min" : "max";
    const other = fromBelow ? "max" : "min";
    if (entry[other] !== undefined)
      return refuse(
        entry[other],
        {
          reasonCode: "config.not-allowed",
          message: `a bound that \`${name}\` cannot have`,
          remedy: `Write \`${key}:\` instead.`,
        },
        [other],
      );
    if (!isOwn && entry[key] === undefined)
      return refuse(entry, {
        reasonCode: "config.missing-key",
        message: `without \`${key}\``,
        remedy: `Write \`${key}:\` with a unit.`,
      });
    const make = isOwn ? makeOwnCondition : makeCondition;
    const reading = entry[key] === undefined ? null : make(name, fromBelow ? "<" : ">", entry[key]);
    if (reading && !reading.ok) return refuse(entry[key], reading, [key]);
    if (!isOwn) return reading!.condition;
    return {
      name,
      events: events!,
      total: total!,
      worse: worse ?? "higher",
      noData: noData ?? "hold",
      ...(tolerance === undefined ? {} : { tolerance }),
      ...(reading ? { gate: reading.condition } : {}),
    };
  })
  .meta({
    description:
      "A bound that holds the step while it is exceeded, or counters of one's own that are compared.",
  });

export const isOwnMetric = (metric: Condition | OwnMetric): metric is OwnMetric => "events" in metric;
