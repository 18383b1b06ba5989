/** Reason codes of `scan`: the code is for programs and never changes; the text may get better. */
export const scanReasonCodes = {
  "scan.clean": "Every scanner ran and found nothing.",
  "scan.findings": "A scanner found something at or above the threshold.",
  "scan.skipped": "A scanner did not run, as configured.",
  "scan.error": "A scanner could not do its work.",
  "scan.suppression-invalid": "A suppression names no rule, no reason or no date, so it suppresses nothing.",
  "scan.suppression-expired": "A suppression is past its date, so what it accepted counts again.",
  "scan.incomplete": "A scanner left something out and says what.",
  "scan.lockfile-invalid": "A lock file could not be read.",
  "scan.osv-unavailable": "The source of vulnerabilities did not answer or is not complete.",
  "scan.git-failed": "git could not list files or commits.",
  "scan.output-unwritable": "A report or an SBOM could not be written.",
} as const satisfies Record<`scan.${string}`, string>;
