import type { Problem, ReasonCode, ReleaseService, ScanDetails, Severity, Status } from "@sluice/documents";
import type { Clock, OnProgress } from "@sluice/ports";
import type { OsvSource } from "./dependencies/source.ts";

export const scannerNames = ["secrets", "dependencies", "sbom"] as const;
export type ScannerName = (typeof scannerNames)[number];

/** What is to be scanned, and how. */
export interface ScanRequest {
  /** Root of the repository, or any directory. */
  directory: string;
  /** Commits of the release: those that `to` has and `from` has not; `from` null means from the beginning. */
  commits?: { from: string | null; to: string };
  /** Lock files relative to the directory; by default all that are found. */
  lockfiles?: readonly string[];
  /** What was built; one SBOM is written for each. */
  artifacts: readonly ReleaseService[];
  /** Version of the release, for the SBOMs; `0.0.0` by default. */
  version?: string;
  /** Directory of each service relative to the repository, so that its SBOM names only what it needs. */
  serviceDirectories?: Readonly<Record<string, string>>;
  osv: OsvSource;
  /** Findings below it are reported and do not fail the scan. */
  threshold: Severity;
  /** Which scanners run; a scanner that is not asked for has no report. All by default (`sbom` only for artifacts). */
  only?: readonly ScannerName[];
  /** Where `scan.sarif` and `sbom/` are written. */
  outputDirectory: string;
  /** Tells the scans of one commit apart in SARIF, as in `production`. */
  category?: string;
  /** Key of the fingerprints of secrets, the same in each run; the name of the directory by default. */
  salt?: string;
  /** How long the search for secrets may take; 120 by default. */
  secretBudgetSeconds?: number;
  /** Version of Sluice, for SARIF and SBOMs. */
  toolVersion?: string;
  clock: Clock;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

export interface ScanResult {
  details: ScanDetails;
  status: Status;
  reasonCode: ReasonCode;
  /** Findings at or above the threshold as errors, below it as warnings, and what went wrong. */
  problems: Problem[];
}
