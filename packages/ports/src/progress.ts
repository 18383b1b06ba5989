import type { Verdict } from "@sluice/documents";

/** What a long operation says while it runs. The terminal draws it, a log prints it, a test reads it. */
export type Progress =
  /** A stage begins; what follows belongs to it until the next one begins. */
  | { type: "stage"; stage: string; text: string }
  | { type: "message"; service?: string; text: string }
  | { type: "warning"; service?: string; text: string }
  /** Output of a command that the user configured, line by line. */
  | { type: "output"; service?: string; text: string }
  | {
      type: "rollout";
      service: string;
      version: string;
      /** Percent of the traffic by version, as the data plane has it. */
      weights: Record<string, number>;
      step: { index: number; count: number };
      verdict?: Verdict;
      /** Requests per second of each version over the last interval. */
      rates?: Record<string, number>;
      /** What it waits for and for how long at most. */
      waitingFor: string;
      remainingSeconds: number;
    };

export type OnProgress = (progress: Progress) => void;
