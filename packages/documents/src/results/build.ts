import { z } from "zod";
import { Artifact } from "../release.ts";

export const BuiltService = z.strictObject({
  name: z.string(),
  artifact: Artifact.nullable(),
  seconds: z.number().nonnegative(),
  /** The commands that ran, in order; the first failure ends the service. */
  commands: z.array(
    z.strictObject({
      phase: z.enum(["install", "lint", "test", "coverage", "build", "package"]),
      command: z.string(),
      exitCode: z.number().int().nullable(),
      seconds: z.number().nonnegative(),
    }),
  ),
  tests: z
    .strictObject({
      passed: z.number().int().nonnegative(),
      failed: z.number().int().nonnegative(),
      skipped: z.number().int().nonnegative(),
      seconds: z.number().nonnegative(),
      failures: z.array(z.strictObject({ name: z.string(), message: z.string() })),
    })
    .nullable(),
  /** Line coverage in percent and the threshold it was held against. */
  coverage: z
    .strictObject({ linesPercent: z.number().min(0).max(100), thresholdPercent: z.number() })
    .nullable(),
});
export type BuiltService = z.infer<typeof BuiltService>;

export const BuildDetails = z.strictObject({
  stage: z.literal("build"),
  commit: z
    .strictObject({ sha: z.string(), author: z.string(), message: z.string(), branch: z.string().optional() })
    .nullable(),
  services: z.array(BuiltService),
});
export type BuildDetails = z.infer<typeof BuildDetails>;
