import type { Package } from "@sluice/inventory";
import type { OsvRecord } from "@sluice/vulnerability";

/** Where records of vulnerabilities come from. */
export type OsvSource =
  /** An API of the kind of https://api.osv.dev. */
  | { kind: "online"; url?: string }
  /** A zip of records as OSV exports them, or a directory of such zips or of records. */
  | { kind: "offline"; path: string }
  /** Do not look anything up: the scanner is skipped. */
  | { kind: "none" };

/** What a source knows about a set of packages. */
export interface OsvAnswer {
  /** Records that may be about a package, by its key. */
  records: ReadonlyMap<string, readonly OsvRecord[]>;
  /** The source itself has compared the versions. */
  isMatched: boolean;
  /** What was asked, in words, with its digest where it has one. */
  source: string;
}

export type Lookup = (packages: readonly Package[], signal?: AbortSignal) => Promise<OsvAnswer>;
