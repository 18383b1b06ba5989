import { z } from "zod";
import { durationField, overrideOf } from "./fields.ts";

const shape = {
  path: z
    .string()
    .startsWith("/", "a path that begins with `/`")
    .meta({ description: "Path that answers 200 when the service can take traffic.", examples: ["/health"] })
    .prefault("/health"),
  initialDelay: durationField({
    description: "How long a new replica may start up before it is asked for the first time.",
    examples: ["10s"],
  }).prefault("0s"),
  timeout: durationField(
    { description: "How long one answer may take.", examples: ["5s"] },
    { min: 0.001 },
  ).prefault("5s"),
  interval: durationField(
    { description: "Pause between two attempts.", examples: ["5s"] },
    { min: 0.001 },
  ).prefault("5s"),
  retries: z
    .int()
    .min(1)
    .max(1000)
    .meta({ description: "Attempts before a replica that never answered well is given up.", examples: [10] })
    .prefault(10),
  failureThreshold: z
    .int()
    .min(1)
    .max(1000)
    .meta({
      description: "Failures in a row after which a replica that was ready counts as unhealthy.",
      examples: [3],
    })
    .prefault(3),
};

export const HealthCheck = z
  .strictObject(shape)
  .meta({ description: "How Sluice asks a replica whether it can take traffic." });
export type HealthCheck = z.output<typeof HealthCheck>;

export const HealthCheckOverride = z
  .strictObject(overrideOf(shape))
  .meta({ description: "Keys of the health check that are different for this service." });
export type HealthCheckOverride = z.output<typeof HealthCheckOverride>;
