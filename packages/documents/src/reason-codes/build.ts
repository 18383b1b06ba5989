/** Reason codes of `build`: the code is for programs and never changes; the text may get better. */
export const buildReasonCodes = {
  "build.succeeded": "Every service was built.",
  "build.command-failed": "A command of the build failed.",
  "build.coverage-low": "Coverage is below the threshold.",
  "build.artifact-failed": "The artifact could not be made.",
} as const satisfies Record<`build.${string}`, string>;
