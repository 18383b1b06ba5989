import { z } from "zod";
import { Location } from "../problem.ts";

/** From the worst down; `unknown` when the source names neither a score nor a word. */
export const Severity = z.enum(["critical", "high", "medium", "low", "unknown"]);
export type Severity = z.infer<typeof Severity>;

/** A scanner that did not run is `skipped` or `error`, never `clean`. */
export const ScanOutcome = z.enum(["clean", "findings", "skipped", "error"]);
export type ScanOutcome = z.infer<typeof ScanOutcome>;

/** The dependency that a finding is about. */
export const FoundPackage = z.strictObject({
  ecosystem: z.string(),
  name: z.string(),
  version: z.string(),
  /** Asked for by the project itself, and not only by another package. */
  isDirect: z.boolean(),
  /** Needed for development only. */
  isDevelopment: z.boolean(),
  /** Least version without this vulnerability, for the line of versions in use; null when there is none. */
  fixedIn: z.string().nullable(),
});
export type FoundPackage = z.infer<typeof FoundPackage>;

export const Finding = z.strictObject({
  scanner: z.string(),
  rule: z.string(),
  severity: Severity,
  /** CVSS base score, 0–10. */
  score: z.number().min(0).max(10).optional(),
  message: z.string(),
  location: Location.optional(),
  /** The commit that wrote it, when it is not (or not only) in the tree. */
  commit: z.string().optional(),
  package: FoundPackage.optional(),
  /** What to do: the fixed version, or how to revoke the secret. */
  remedy: z.string().optional(),
  /** A page that says more. */
  url: z.string().optional(),
  /** Stable over runs, so that a finding can be followed and suppressed; never holds a secret. */
  fingerprint: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** A finding that somebody has accepted, with the reason. */
export const SuppressedFinding = Finding.extend({
  reason: z.string(),
  owner: z.string().optional(),
  /** Last day of the acceptance, `YYYY-MM-DD`; absent for a comment beside the code. */
  expires: z.string().optional(),
});
export type SuppressedFinding = z.infer<typeof SuppressedFinding>;

export const ScannerReport = z.strictObject({
  scanner: z.string(),
  outcome: ScanOutcome,
  /** Why it was skipped or what went wrong; what was looked at otherwise. */
  message: z.string(),
  /** The worst first. */
  findings: z.array(Finding),
  suppressed: z.array(SuppressedFinding),
  /** What was left out, and why. */
  notes: z.array(z.string()),
  seconds: z.number().nonnegative(),
});
export type ScannerReport = z.infer<typeof ScannerReport>;

export const ScanDetails = z.strictObject({
  stage: z.literal("scan"),
  outcome: ScanOutcome,
  /** Findings below it are reported and do not fail the scan. */
  threshold: Severity,
  scanners: z.array(ScannerReport),
  /** Paths of what was written: one SARIF file, one SBOM for each artifact. */
  files: z.strictObject({
    sarif: z.string().nullable(),
    sboms: z.array(z.strictObject({ service: z.string(), path: z.string() })),
  }),
});
export type ScanDetails = z.infer<typeof ScanDetails>;
