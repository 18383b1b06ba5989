/** Reason codes of `verify`: the code is for programs and never changes; the text may get better. */
export const verifyReasonCodes = {
  "verify.passed": "Every check passed.",
  "verify.failed": "A check failed.",
  "verify.nothing-to-check": "There is nothing that could be checked.",
} as const satisfies Record<`verify.${string}`, string>;
