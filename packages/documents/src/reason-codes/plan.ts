/** Reason codes of `plan`: the code is for programs and never changes; the text may get better. */
export const planReasonCodes = {
  "plan.ready": "The plan was made.",
  "plan.too-long": "The deliberate waits of the plan do not fit into the time limit of the job.",
  "plan.slower-than-expected":
    "The deliberate waits of the plan are longer than a deployment is expected to take.",
  "plan.changed": "The plan differs from the one that was approved.",
  "plan.step-unwatched": "A step of the canary is shorter than the interval of its analysis.",
  "plan.step-too-short":
    "A step of the canary is too short to find even a severe regression at the expected traffic.",
  "plan.weight-refused": "The traffic router cannot give a version the weight of a step.",
  "plan.routing-refused": "The traffic router cannot do what the canary asks for beside weights.",
  "plan.waits-for-person": "A step lasts until a person promotes it.",
  "plan.steps-skipped": "The version was trusted not long ago, so its steps are left out.",
  "plan.steps-apart": "A service does not take its canary steps together with others, although it was to.",
  "plan.no-rollback": "There is no earlier version to go back to.",
  "plan.unchanged": "The environment already runs this version.",
  "plan.old-gone-too-soon":
    "The old version is gone before the watch is over, so a rollback has to start it again.",
} as const satisfies Record<`plan.${string}`, string>;
