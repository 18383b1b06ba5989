/** Reason codes of `verify`: the code is for programs and never changes; the text may get better. */
export const verifyReasonCodes = {
  "verify.passed": "Every check passed.",
  "verify.failed": "A check failed.",
  "verify.unreachable": "A service does not answer at all.",
  "verify.unhealthy": "A service answers its health check, and not with 200.",
  "verify.wrong-version": "A service serves another version than the one that was deployed.",
  "verify.metrics-unusable":
    "The metrics of a service are missing, cannot be read, or do not name its version.",
  "verify.smoke-failed": "The answer to a smoke request is not what it must be.",
  "verify.database-away": "The database cannot be reached.",
  "verify.script-failed": "A check of the project's own failed.",
  "verify.nothing-to-check": "There is nothing that could be checked.",
  "verify.migrations-pending": "Migrations that belong to the release are not applied.",
} as const satisfies Record<`verify.${string}`, string>;
