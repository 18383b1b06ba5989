import type { Severity } from "@sluice/documents";

/**
 * Platforms whose tokens carry a published prefix: the prefix, then random characters of a known length.
 * One line each: what it is, the prefix, the form of the rest, an example of the rest.
 */
export interface Token {
  id: string;
  title: string;
  prefix: string;
  /** Regular expression of what follows the prefix. */
  rest: string;
  /** A rest that fits, broken by ¦ so that it is no token in this file. */
  sample: string;
  severity?: Severity;
  where: string;
}

/** Parts of made-up tokens. */
export const hex32 = "3f2a9c81¦d04be75f6a9c2e8b17d3054f";
export const hex40 = "3f2a9c81¦d04be75f6a9c2e8b17d3054fa6c9e210";
export const hex64 = "3f2a9c81¦d04be75f6a9c2e8b17d3054fa6c9e2103f2a9c81d04be75f6a9c2e8b";
export const mixed =
  "hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu1zKpAqWs5DfGt7HyJu8KiLo0PzXcVbNm4Rt";
