import { Refusal, type Status } from "@sluice/documents";

/**
 * Exit status of a command by the status of its result: 0 done, 1 failed or taken back,
 * 3 nobody can say yet (held, inconclusive), 130 cancelled. Bad input exits with 2.
 */
export function exitCodeOf(status: Status): number {
  switch (status) {
    case "succeeded":
    case "skipped":
      return 0;
    case "held":
    case "inconclusive":
      return 3;
    case "cancelled":
      return 130;
    case "failed":
    case "rolled_back":
    case "rollback_failed":
      return 1;
  }
}

export function exitCodeOfError(error: unknown): number {
  if (!(error instanceof Refusal)) return 70;
  if (error.reasonCode === "run.cancelled") return 130;
  return error.reasonCode.startsWith("config.") ? 2 : 1;
}

/** What a person reads about an error: a refusal explains itself; anything else is ours to mend. */
export function explain(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `This is a defect of Sluice (run.internal), please report it.\n${text}`;
}
