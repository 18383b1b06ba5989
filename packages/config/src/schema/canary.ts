import { z } from "zod";
import { canaryPresetNames } from "../presets.ts";
import { Analysis, analysisShape } from "./analysis.ts";
import { overrideOf, pauseField, percentField } from "./fields.ts";
import { CanaryStep, Testers } from "./steps.ts";

export { Analysis } from "./analysis.ts";
export { isOwnMetric, type OwnMetric } from "./metric.ts";

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
  shared: z
    .boolean()
    .optional()
    .meta({
      description:
        "Services of one tier with the same weights take their steps together: none goes on before each of them may, and when one goes back all of them do.",
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
