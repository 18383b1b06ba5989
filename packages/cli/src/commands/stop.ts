import { openEnvironment } from "@sluice/pipeline";
import type { Command } from "commander";
import { abortOnSignals, type EnvironmentOptions, environmentCommand, locate, openLog } from "../session.ts";

export const stopCommand = (): Command =>
  environmentCommand(
    "stop",
    "end every process of a local environment; what was deployed is kept for the next start",
    ["sluice stop -e demo"],
  ).action(async (options: EnvironmentOptions) => {
    const cancel = abortOnSignals();
    const log = openLog();
    try {
      const context = await openEnvironment({
        ...locate(options),
        signal: cancel.signal,
        onProgress: log.onProgress,
      });
      await context.target.stop();
      if (options.json)
        process.stdout.write(
          `${JSON.stringify({ environment: context.environment.environment, stopped: true })}\n`,
        );
      else process.stdout.write(`Nothing of ${context.environment.environment} is running any more.\n`);
    } finally {
      log.close();
      cancel.release();
    }
  });
