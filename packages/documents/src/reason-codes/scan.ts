/** Reason codes of `scan`: the code is for programs and never changes; the text may get better. */
export const scanReasonCodes = {
  "scan.clean": "Every scanner ran and found nothing.",
  "scan.findings": "A scanner found something at or above the threshold.",
  "scan.skipped": "A scanner did not run, as configured.",
  "scan.error": "A scanner could not do its work.",
} as const satisfies Record<`scan.${string}`, string>;
