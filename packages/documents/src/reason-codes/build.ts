/** Reason codes of `build`: the code is for programs and never changes; the text may get better. */
export const buildReasonCodes = {
  "build.succeeded": "Every service was built.",
  "build.command-failed": "A command of the build failed.",
  "build.timed-out": "A command of the build took longer than it may.",
  "build.tests-failed": "A test failed.",
  "build.no-tests": "The tests ran and there was none among them.",
  "build.report-unreadable": "A report that the configuration names was not written or cannot be read.",
  "build.coverage-low": "Coverage is below the threshold.",
  "build.line-uncovered": "A part of a file is not reached by any test.",
  "build.artifact-failed": "The artifact could not be made.",
  "build.image-skipped": "A service has a Dockerfile and no image was built.",
} as const satisfies Record<`build.${string}`, string>;
