/** Reason codes of `migrate`: the code is for programs and never changes; the text may get better. */
export const migrateReasonCodes = {
  "migrate.applied": "The pending migrations were applied.",
  "migrate.up-to-date": "There was nothing to apply.",
  "migrate.none": "The project has no database.",
  "migrate.changed-file": "A migration that was applied has been changed since.",
  "migrate.failed": "A statement of a migration failed.",
  "migrate.unreachable": "The database cannot be reached.",
  "migrate.locked": "Another run holds the migration lock.",
  "migrate.invalid-file": "A migration file has a wrong name or cannot be read.",
  "migrate.backup-failed": "The backup before the migration could not be made.",
} as const satisfies Record<`migrate.${string}`, string>;
