import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, inEnvironment } from "../session.ts";

export const stopCommand = (): Command =>
  environmentCommand(
    "stop",
    "end every process of a local environment; what was deployed is kept for the next start",
    ["sluice stop -e demo"],
  ).action((options: EnvironmentOptions) =>
    inEnvironment(options, async ({ target, environment: { environment } }) => {
      await target.stop();
      const answer = options.json
        ? JSON.stringify({ environment, stopped: true })
        : `Nothing of ${environment} is running any more.`;
      process.stdout.write(`${answer}\n`);
    }),
  );
