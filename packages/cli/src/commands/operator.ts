import { Refusal, type Status } from "@sluice/documents";
import type { Context, OperatorAnswer, OperatorOptions } from "@sluice/pipeline";
import type { Command } from "commander";
import { exitCodeOf } from "../exit.ts";
import {
  type EnvironmentOptions,
  environmentCommand,
  inEnvironment,
  names,
  type Pipeline,
} from "../session.ts";

interface Options extends EnvironmentOptions {
  services?: string[];
  reason?: string;
  /** A duration such as `30s`. */
  wait: string;
}

/**
 * A command that asks something of a run in another process, prints what came of it and leaves the exit status behind.
 *
 * @param wanted the status that is asked for, and so is no failure
 */
export const operatorCommand = <More extends object = object>(
  name: string,
  description: string,
  examples: readonly string[],
  ask: (context: Context, pipeline: Pipeline, options: OperatorOptions & More) => Promise<OperatorAnswer>,
  wanted?: Status,
): Command =>
  environmentCommand(name, description, examples)
    .option("--services <names>", "services, separated by commas (all that roll out when left out)", names)
    .option("--reason <text>", "why; it is recorded in the journal")
    .option("--wait <duration>", "how long to wait until the run obeys", "2m")
    .action(async (options: Options & More) => {
      const waitSeconds = await secondsOf(options.wait);
      await inEnvironment(options, async (context, pipeline) => {
        const answer = await ask(context, pipeline, { ...options, waitSeconds });
        const document = JSON.stringify(answer, null, 2);
        process.stdout.write(options.json ? `${document}\n` : pipeline.formatAnswer(answer));
        process.exitCode = answer.status === wanted ? 0 : exitCodeOf(answer);
      });
    });

/**
 * The time to wait, in seconds.
 *
 * @throws Refusal `config.unit-missing` and the like, with what to write
 */
async function secondsOf(wait: string): Promise<number> {
  const { duration } = await import("@sluice/config");
  const reading = duration.read(wait);
  if (reading.ok) return reading.value;
  throw new Refusal({
    reasonCode: reading.reasonCode,
    message: `\`--wait\` is ${reading.message}`,
    remedy: reading.remedy,
  });
}
