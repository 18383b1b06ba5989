import { Refusal, type Status } from "@sluice/documents";
import type { OperatorAnswer } from "@sluice/pipeline";
import { exitCodeOf } from "../exit.ts";
import type { EnvironmentOptions } from "../session.ts";

/** Options of the commands that ask something of a run in another process. */
export interface OperatorArguments extends EnvironmentOptions {
  services?: string[];
  reason?: string;
  /** A duration such as `30s`. */
  wait: string;
}

export const waitOption = ["--wait <duration>", "how long to wait until the run obeys", "2m"] as const;

/**
 * The time to wait, in seconds.
 *
 * @throws Refusal `config.unit-missing` and the like, with what to write
 */
export async function secondsOf(wait: string): Promise<number> {
  const { duration } = await import("@sluice/config");
  const reading = duration.read(wait);
  if (reading.ok) return reading.value;
  throw new Refusal({
    reasonCode: reading.reasonCode,
    message: `\`--wait\` is ${reading.message}`,
    remedy: reading.remedy,
  });
}

/** Prints what came of a request and leaves the exit status behind; `wanted` is what was asked for, and so is no failure. */
export function printAnswer(
  { json }: EnvironmentOptions,
  answer: OperatorAnswer,
  format: (answer: OperatorAnswer) => string,
  wanted?: Status,
): void {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : format(answer));
  process.exitCode = answer.status === wanted ? 0 : exitCodeOf(answer);
}
