import type { Verdict } from "@sluice/documents";

/** What happens next to a rollout if nothing changes. */
export interface Outlook {
  /** The next weight, the end of the rollout (good or bad), a hold for a person, or a person who has to promote. */
  event: "step" | "promotion" | "rollback" | "hold" | "inconclusive" | "person";
  /** In how many seconds, about; null when that depends on somebody. */
  seconds: number | null;
  /** Weight of the next step in percent. */
  weight?: number;
}

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
      /** The version that is replaced; absent when there is none. */
      from?: string;
      /** Percent of the traffic by version, as the data plane has it. */
      weights: Record<string, number>;
      step: { index: number; count: number };
      verdict?: Verdict;
      /** Requests per second of each version over the last interval. */
      rates?: Record<string, number>;
      /** What it waits for and for how long at most. */
      waitingFor: string;
      remainingSeconds: number;
      outlook?: Outlook;
      /** It has ended, and `waitingFor` says how; absent while it goes on. */
      isOver?: true;
    };

export type OnProgress = (progress: Progress) => void;
