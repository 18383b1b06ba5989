import { z } from "zod";
import { Location } from "../problem.ts";

export const Severity = z.enum(["critical", "high", "medium", "low", "unknown"]);
export type Severity = z.infer<typeof Severity>;

/** A scanner that did not run is `skipped` or `error`, never `clean`. */
export const ScanOutcome = z.enum(["clean", "findings", "skipped", "error"]);
export type ScanOutcome = z.infer<typeof ScanOutcome>;

export const Finding = z.strictObject({
  scanner: z.string(),
  rule: z.string(),
  severity: Severity,
  message: z.string(),
  location: Location.optional(),
  /** What to do: the fixed version, or how to revoke the secret. */
  remedy: z.string().optional(),
  /** Stable over runs, so that a finding can be followed and suppressed; never holds a secret. */
  fingerprint: z.string(),
});
export type Finding = z.infer<typeof Finding>;

export const ScannerReport = z.strictObject({
  scanner: z.string(),
  outcome: ScanOutcome,
  /** Why it was skipped or what went wrong; what was looked at otherwise. */
  message: z.string(),
  findings: z.array(Finding),
  seconds: z.number().nonnegative(),
});
export type ScannerReport = z.infer<typeof ScannerReport>;

export const ScanDetails = z.strictObject({
  stage: z.literal("scan"),
  outcome: ScanOutcome,
  scanners: z.array(ScannerReport),
  /** Paths of what was written: one SARIF file, one SBOM for each artifact. */
  files: z.strictObject({
    sarif: z.string().nullable(),
    sboms: z.array(z.strictObject({ service: z.string(), path: z.string() })),
  }),
});
export type ScanDetails = z.infer<typeof ScanDetails>;
