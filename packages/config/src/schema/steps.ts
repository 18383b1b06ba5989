import { z } from "zod";
import { custom, pauseField, replicasField, weightField } from "./fields.ts";

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

export const Testers = z
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
