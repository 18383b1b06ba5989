/** Reason codes of `judge`: the code is for programs and never changes; the text may get better. */
export const judgeReasonCodes = {
  "judge.healthy-so-far": "Nothing speaks against the canary so far.",
  "judge.not-worse": "The evidence is enough to say that the canary is not harmfully worse.",
  "judge.no-errors": "No request failed in the canary, and it answered enough of them.",
  "judge.below-gate": "The canary's own error ratio is below the gate, whatever the baseline does.",
  "judge.worse": "The canary is worse than the baseline.",
  "judge.guard-breached": "A bound of the configuration is breached.",
  "judge.gate-failed": "A gate failed in too many checks in a row.",
  "judge.both-bad": "Both versions breach the same bound, so it is not the canary's doing; the step is held.",
  "judge.gate-exceeded": "A gate of the step is exceeded; the step is held.",
  "judge.alert-firing": "A critical alert is firing.",
  "judge.metric-missing": "A version does not have one of the configured metrics.",
  "judge.no-data": "There is no data for the canary or the baseline.",
  "judge.too-little-traffic": "There was too little traffic to decide.",
  "judge.undecided":
    "Neither the evidence for a promotion nor that for a rollback was enough in the time there was.",
  "judge.metrics-away": "The metrics cannot be read.",
} as const satisfies Record<`judge.${string}`, string>;
