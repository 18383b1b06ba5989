/** Reason codes of `judge`: the code is for programs and never changes; the text may get better. */
export const judgeReasonCodes = {
  "judge.healthy-so-far": "Nothing speaks against the canary so far.",
  "judge.not-worse": "The evidence is enough to say that the canary is not harmfully worse.",
  "judge.worse": "The canary is worse than the baseline.",
  "judge.guard-breached": "A bound of the configuration is breached.",
  "judge.gate-exceeded": "A gate of the step is exceeded; the step is held.",
  "judge.no-data": "There is no data for the canary or the baseline.",
  "judge.too-little-traffic": "There was too little traffic to decide.",
  "judge.metrics-away": "The metrics cannot be read.",
} as const satisfies Record<`judge.${string}`, string>;
