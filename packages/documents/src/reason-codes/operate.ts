/** Reason codes of what a person asks of a run that is under way: the code never changes; the text may get better. */
export const operateReasonCodes = {
  "operate.halted": "The rollout stands still where it was; the traffic stays as it is.",
  "operate.promoted": "The rollout goes on as it was asked to.",
  "operate.nothing-under-way": "Nothing is under way that could be asked for anything.",
  "operate.not-obeyed-yet":
    "The request was left, and the run has not obeyed it in the time that was waited.",
  "operate.too-late": "The rollout had ended before the request was read.",
  "operate.put-aside": "The run did not follow the request.",
} as const satisfies Record<`operate.${string}`, string>;
