import { z } from "zod";
import { type Condition, makeCondition, metricNamePattern, metricsAllowed } from "../condition.ts";
import { canaryPresetNames } from "../presets.ts";
import { latency, percent } from "../units.ts";
import {
  custom,
  durationField,
  overrideOf,
  pauseField,
  percentField,
  replicasField,
  weightField,
} from "./fields.ts";

const weight = weightField({
  description: "Share of the traffic that the new version gets in this step.",
  examples: [5, 25, 50, 100],
});
const pause = pauseField({
  description:
    "How long the step is watched at least before the next one. Without it the judge alone decides when to go on.",
  examples: ["10m", "manual"],
}).prefault("0s");

export const CanaryStep = z
  .strictObject({
    weight,
    pause,
    replicas: replicasField({
      description:
        "Replicas of the new version in this step, as a number or as a share of all; without it as many as its share of the traffic needs.",
      examples: [1, "10%"],
    }).optional(),
  })
  .meta({ description: "One step of a canary." });
export type CanaryStep = z.output<typeof CanaryStep>;

/** A step of a switch between two whole versions: all replicas are there from the beginning. */
export const SwitchStep = z.strictObject({ weight, pause }).meta({ description: "One step of the switch." });
export type SwitchStep = z.output<typeof SwitchStep>;

const Testers = z
  .strictObject({
    header: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "the name of a header")
      .optional()
      .meta({ description: "Header by which testers are known.", examples: ["X-Canary"] }),
    cookie: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "the name of a cookie")
      .optional()
      .meta({ description: "Cookie by which testers are known, instead of a header.", examples: ["canary"] }),
    value: z
      .string()
      .optional()
      .meta({ description: "Its value; without it, any value will do.", examples: ["yes"] }),
  })
  .transform(({ header, cookie, value }, context) => {
    const rest = value === undefined ? {} : { value };
    if (header !== undefined && cookie === undefined) return { header, ...rest };
    if (cookie !== undefined && header === undefined) return { cookie, ...rest };
    context.issues.push(
      custom(
        { header, cookie },
        {
          reasonCode: header === undefined ? "config.missing-key" : "config.contradiction",
          message:
            header === undefined
              ? "without `header` and without `cookie`"
              : "with `header` and with `cookie`",
          remedy: "Name the header or the cookie by which testers are known.",
        },
      ),
    );
    return z.NEVER;
  })
  .meta({
    description:
      "Who gets the new version from its start, whatever its share of the traffic is. Their requests are counted apart and are not judged.",
  });

const bound = (description: string) =>
  z
    .unknown()
    .optional()
    .meta({
      type: "string",
      pattern: `${percent.pattern}|${latency.pattern}`,
      description,
      examples: ["0.1%", "500ms"],
    });

/** A bound on a metric that holds a step while it is exceeded; a program sees it as a condition. */
export const Gate = z
  .strictObject({
    name: z
      .string()
      .regex(new RegExp(metricNamePattern), metricsAllowed)
      .meta({
        description: "Metric: `error_rate`, `availability` or a percentile such as `latency_p99`.",
        examples: ["error_rate", "latency_p99"],
      }),
    max: bound("The most that is allowed, with its unit: percent for rates, `ms` or `s` for latencies."),
    min: bound("The least that is allowed, with its unit; for `availability`."),
  })
  .transform((gate, context): Condition => {
    const key = gate.name === "availability" ? "min" : "max";
    const other = key === "min" ? "max" : "min";
    if (gate[other] !== undefined)
      context.issues.push(
        custom(
          gate[other],
          {
            reasonCode: "config.not-allowed",
            message: `a bound that \`${gate.name}\` cannot have`,
            remedy: `Write \`${key}:\` instead.`,
          },
          [other],
        ),
      );
    else if (gate[key] === undefined)
      context.issues.push(
        custom(gate, {
          reasonCode: "config.missing-key",
          message: `without \`${key}\``,
          remedy: `Write \`${key}:\` with a unit.`,
        }),
      );
    else {
      const reading = makeCondition(gate.name, key === "max" ? ">" : "<", gate[key]);
      if (reading.ok) return reading.condition;
      context.issues.push(custom(gate[key], reading, [key]));
    }
    return z.NEVER;
  })
  .meta({ description: "A bound that holds the step while it is exceeded." });

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
    .array(Gate)
    .meta({ description: "Bounds that hold a step while they are exceeded." })
    .prefault([]),
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
