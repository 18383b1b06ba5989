/** Reason codes of `plan`: the code is for programs and never changes; the text may get better. */
export const planReasonCodes = {
  "plan.ready": "The plan was made.",
  "plan.too-long": "The deliberate waits of the plan do not fit into the time limit of the job.",
  "plan.changed": "The plan differs from the one that was approved.",
} as const satisfies Record<`plan.${string}`, string>;
