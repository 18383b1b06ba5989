import type { Severity } from "@sluice/documents";

/** What a detector's own check may look at, beyond the value that the pattern found. */
export interface Candidate {
  /** The value that would be the secret. */
  value: string;
  /** Named groups of the pattern. */
  groups: Readonly<Record<string, string | undefined>>;
  /** What the whole pattern found. */
  match: string;
  /** Up to 60 characters before it. */
  before: string;
  /** Path of the file, relative to the repository. */
  path: string;
}

/** One kind of secret, as data: how it looks, how to tell it from a look-alike, what to do when it has leaked. */
export interface Detector {
  /** Stable name, as written in a suppression. */
  id: string;
  title: string;
  severity: Severity;
  /** Lower-case ASCII texts; the pattern is tried only near one of them. */
  keywords: readonly string[];
  /** Global; the secret is the group `secret`, or the whole match when there is no such group. */
  pattern: RegExp;
  /** Bytes that the pattern may look at before and after a keyword. Default: 80 and 400, within the line. */
  reach?: { before?: number; after?: number; acrossLines?: boolean };
  /** Least Shannon entropy of the value, in bits per character. */
  entropy?: number;
  /** Turns away look-alikes: checksum, structure, context. */
  accepts?: (candidate: Candidate) => boolean;
  /** The first four characters belong to the format, not to the secret, and may be shown. */
  hasPublicPrefix?: boolean;
  /** Gives way to any other detector that claims the same text. */
  isGeneric?: boolean;
  /** How to make the leaked value worthless. */
  revoke: string;
  examples: { finds: readonly string[]; ignores: readonly string[] };
}

/**
 * Writes an example so that it is no secret in this file: the mark `¦` breaks it and is taken out.
 * Scanning our own sources must stay clean without a list of exceptions.
 */
export const example = (text: string): string => text.replaceAll("¦", "");
