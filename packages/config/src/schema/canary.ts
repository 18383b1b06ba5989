import { z } from "zod";
import {
  type Condition,
  makeCondition,
  makeOwnCondition,
  metricsAllowed,
  parseMetricName,
} from "../condition.ts";
import { canaryPresetNames } from "../presets.ts";
import { factor, latency, percent } from "../units.ts";
import {
  conditionField,
  custom,
  durationField,
  latencyField,
  overrideOf,
  pauseField,
  percentField,
} from "./fields.ts";
import { CanaryStep, Testers } from "./steps.ts";

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

const Alerts = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({
        description:
          "Address of a Prometheus (or what answers like it at `/api/v1/alerts`). Alerts that fire there hold the step, and one that began during the release is a failed check.",
        examples: ["http://prometheus:9090"],
      }),
    severity: z
      .string()
      .min(1)
      .meta({ description: "Label `severity` of the alerts that count.", examples: ["critical"] })
      .prefault("critical"),
    conditions: z
      .array(
        conditionField({
          description: "A metric, a comparison and a bound with its unit.",
          examples: ["error_rate > 5%", "latency_p95 > 2x", "cpu > 90%"],
        }),
      )
      .meta({ description: "What calls a person: the step is held and nothing is rolled back by it." })
      .prefault([]),
  })
  .meta({ description: "Alerts that are looked at during a rollout, and conditions that call a person." });

const analysisShape = {
  interval: durationField(
    { description: "Pause between two evaluations.", examples: ["1m"] },
    { min: 0.05 },
  ).prefault("1m"),
  threshold: z
    .int()
    .min(1)
    .meta({
      description:
        "Failed checks in a row, of a bound here or of a condition in `autoRollback`, after which the release is rolled back.",
      examples: [5],
    })
    .prefault(5),
  metrics: z
    .array(Metric)
    .superRefine((metrics, context) => {
      const names = metrics.map((metric) => (isOwnMetric(metric) ? metric.name : null));
      for (const [i, name] of names.entries())
        if (name !== null && names.indexOf(name) < i)
          context.addIssue({
            ...custom(name, {
              reasonCode: "config.contradiction",
              message: `\`${name}\`, which is the name of another one`,
              remedy: "Give each metric a name of its own.",
            }),
            path: [i, "name"],
          });
    })
    .meta({
      description:
        "Bounds that hold a step while they are exceeded, and counters of one's own that are compared with the version that runs now.",
    })
    .prefault([]),
  conditions: z
    .array(
      conditionField({
        description: "A metric, a comparison and a bound with its unit.",
        examples: ["error_rate > 1%", "latency_p99 > 2x"],
      }),
    )
    .meta({
      description:
        "What ends the release of a service, beside `autoRollback.conditions`; each takes the place of the one there for its metric.",
      examples: [["error_rate > 1%", "latency_p99 > 2x"]],
    })
    .prefault([]),
  alerts: Alerts.prefault({}),
  latencyObjective: latencyField({
    description:
      "Time within which requests should be answered: the share of slower ones is compared, at the edge of the histogram next to it.",
    examples: ["300ms"],
  }).optional(),
  metricsPath: z
    .string()
    .regex(/^\/\S*$/, "a path such as `/metrics`")
    .meta({
      description: "Path of the metrics page of each replica, for metrics of one's own, `cpu` and `memory`.",
      examples: ["/metrics"],
    })
    .prefault("/metrics"),
  alpha: percentField(
    {
      description: "Accepted risk of rolling back a good release, over the whole rollout.",
      examples: ["1%"],
    },
    { min: 0.0001, max: 50 },
  ).prefault("1%"),
  beta: percentField(
    {
      description: "Accepted risk of calling a harmfully worse release not worse.",
      examples: ["5%"],
    },
    { min: 0.0001, max: 50 },
  ).prefault("5%"),
  tolerance: percentField(
    {
      description:
        "How much worse than the baseline the canary may be without being called worse, in percent of the baseline's value: `25%` tolerates 1.25 times its error rate.",
      examples: ["25%"],
    },
    { max: 1000 },
  ).prefault("25%"),
  harm: percentField(
    {
      description:
        "How much worse than the baseline is harmful, in percent of the baseline's value; more than `tolerance`. Promotion on evidence excludes this: `100%` is twice the error rate.",
      examples: ["100%"],
    },
    { max: 10_000 },
  ).prefault("100%"),
  warmUp: durationField({
    description:
      "How long after each rise of the weight the comparison is left out, because a new process is slow at first; never more than a fifth of the shortest pause.",
    examples: ["60s"],
  }).prefault("60s"),
  minRequests: z
    .int()
    .min(0)
    .meta({
      description: "Requests that the canary must have answered in a step before the step can end.",
      examples: [100],
    })
    .prefault(20),
  noData: z
    .enum(["hold", "promote", "rollback"])
    .meta({
      description:
        "What happens when `maxHold` is over and there was too little traffic to decide: leave everything as it is, go on, or go back.",
      examples: ["hold"],
    })
    .prefault("hold"),
  maxHold: durationField({
    description:
      "How long a step may last beyond its pause while evidence is missing or a bound is exceeded.",
    examples: ["30m"],
  }).prefault("30m"),
};

export const Analysis = z
  .strictObject(analysisShape)
  .meta({ description: "How the canary is compared with the version that runs now." });
export type Analysis = z.output<typeof Analysis>;

const canaryShape = {
  preset: z
    .enum(canaryPresetNames)
    .optional()
    .meta({
      description: "Named list of steps, instead of `steps`.",
      examples: ["standard"],
    }),
  steps: z.array(CanaryStep).min(1).optional().meta({
    description: "Weights and pauses; the weights rise and the last is 100. Without it, the preset.",
  }),
  testers: Testers.optional(),
  darkLaunch: pauseField({
    description:
      "How long the new version runs before the first step, without any user: for testers and copies of requests.",
    examples: ["10m", "manual"],
  }).optional(),
  mirror: percentField(
    {
      description:
        "Share of the requests of users that the new version gets a copy of during `darkLaunch`. Only requests that change nothing (GET, HEAD, OPTIONS) are copied, and nobody sees the answers.",
      examples: ["10%"],
    },
    { min: 0.01, max: 100 },
  ).optional(),
  sticky: z
    .boolean()
    .optional()
    .meta({
      description:
        "Users whom the new version has answered stay with it, by a cookie, as long as it has a share of the traffic.",
      examples: [true],
    }),
};

export const Canary = z
  .strictObject({ ...canaryShape, analysis: Analysis.prefault({}) })
  .meta({ description: "How a new version gets its traffic step by step (strategy `canary`)." });
export type Canary = z.output<typeof Canary>;

export const CanaryOverride = z
  .strictObject({
    ...canaryShape,
    analysis: z
      .strictObject(overrideOf(analysisShape))
      .optional()
      .meta({ description: "Keys of the analysis that are different for this service." }),
  })
  .meta({ description: "Keys of the canary that are different for this service." });
export type CanaryOverride = z.output<typeof CanaryOverride>;
