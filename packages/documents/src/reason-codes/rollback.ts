/** Reason codes of `rollback`: the code is for programs and never changes; the text may get better. */
export const rollbackReasonCodes = {
  "rollback.verified": "The old version has all of the traffic and was verified.",
  "rollback.failed": "The rollback did not work; a person is needed.",
  "rollback.unneeded": "The environment already runs the version to go back to.",
  "rollback.no-target": "There is no earlier version to go back to.",
  "rollback.never-ran": "The named version never ran in this environment.",
  "rollback.requested": "A person or another stage asked for it.",
  "rollback.nothing-to-do": "Every service runs the version already that it should go back to.",
  "rollback.dry-run": "Nothing was changed; it was only said what would be done.",
  "rollback.of-rollback":
    "The service was rolled back already; going back once more has to be asked for by name.",
  "rollback.changed-meanwhile":
    "Another version became the trusted one while the rollback waited for its turn.",
  "rollback.contract-applied": "A migration was applied that the older version does not survive.",
  "rollback.unstable":
    "The old version has the traffic again, and something was wrong in the watch after it.",
} as const satisfies Record<`rollback.${string}`, string>;
