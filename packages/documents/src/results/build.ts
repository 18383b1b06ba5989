import { z } from "zod";
import { Location } from "../problem.ts";
import { Artifact } from "../release.ts";
import { Status } from "../status.ts";

export const BuildPhase = z.enum(["install", "lint", "test", "coverage", "build", "package", "image"]);
export type BuildPhase = z.infer<typeof BuildPhase>;

/** One command of a build, or the making of the archive, which has no exit status. */
export const BuildCommand = z.strictObject({
  phase: BuildPhase,
  command: z.string(),
  /** null: it did not end by itself (cancelled, timed out), could not be started, or is not a command. */
  exitCode: z.number().int().nullable(),
  seconds: z.number().nonnegative(),
});
export type BuildCommand = z.infer<typeof BuildCommand>;

export const TestSummary = z.strictObject({
  passed: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  skipped: z.number().int().nonnegative(),
  seconds: z.number().nonnegative(),
  failures: z.array(
    z.strictObject({
      name: z.string(),
      message: z.string(),
      /** Where it failed, as far as the report says it. */
      location: Location.optional(),
    }),
  ),
});
export type TestSummary = z.infer<typeof TestSummary>;

export const BuiltService = z.strictObject({
  name: z.string(),
  status: Status,
  /** Why it was not built although nothing of its own failed. */
  skipped: z.string().optional(),
  /** The archive of its output directory. */
  artifact: Artifact.nullable(),
  /** The container image, where there is a Dockerfile and a Docker engine. */
  image: Artifact.nullable(),
  seconds: z.number().nonnegative(),
  /** The commands that ran, in order; the first failure ends the service. */
  commands: z.array(BuildCommand),
  tests: TestSummary.nullable(),
  /** Line coverage in percent and the threshold it was held against. */
  coverage: z
    .strictObject({ linesPercent: z.number().min(0).max(100), thresholdPercent: z.number() })
    .nullable(),
});
export type BuiltService = z.infer<typeof BuiltService>;

export const BuildDetails = z.strictObject({
  stage: z.literal("build"),
  commit: z
    .strictObject({
      sha: z.string(),
      author: z.string(),
      message: z.string(),
      committedAt: z.iso.datetime(),
      branch: z.string().optional(),
    })
    .nullable(),
  /** What was run once, before the services. */
  project: z.array(BuildCommand),
  /** In the order of the configuration. */
  services: z.array(BuiltService),
  seconds: z.number().nonnegative(),
});
export type BuildDetails = z.infer<typeof BuildDetails>;
