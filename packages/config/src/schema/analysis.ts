import { z } from "zod";
import { conditionField, custom, durationField, latencyField, percentField } from "./fields.ts";
import { isOwnMetric, Metric } from "./metric.ts";

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

export const analysisShape = {
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
