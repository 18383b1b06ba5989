/** Reason codes of `run`: the code is for programs and never changes; the text may get better. */
export const runReasonCodes = {
  "run.succeeded": "Every stage succeeded.",
  "run.stage-failed": "A stage failed.",
  "run.rolled-back": "The release was rolled back and the old version verified.",
  "run.rollback-failed": "The release failed and could not be rolled back; a person is needed.",
  "run.locked": "Another run holds the lock of this environment.",
  "run.lock-lost": "The lock of this environment was taken over by another run.",
  "run.cancelled": "The run was cancelled.",
  "run.journal-unwritable": "The journal cannot be written.",
  "run.journal-broken": "The journal cannot be read.",
  "run.journal-conflict": "Another run wrote to the journal at the same time.",
  "run.file-unwritable": "A file cannot be written.",
  "run.no-journal": "There is no journal for this environment.",
  "run.github-failed": "A call to GitHub was refused, or GitHub is away.",
  "run.tool-missing": "A program that is needed is not installed.",
  "run.internal": "A defect of Sluice.",
  "run.reported": "The report was written.",
} as const satisfies Record<`run.${string}`, string>;
