import type { Command } from "commander";
import { type EnvironmentOptions, environmentCommand, inEnvironment } from "../session.ts";

export const statusCommand = (): Command =>
  environmentCommand(
    "status",
    "what runs in the environment now, who holds its lock, how the last run ended",
    ["sluice status -e production", "sluice status -e production --json"],
  ).action((options: EnvironmentOptions) =>
    inEnvironment(options, async (context, { formatStatus, statusOf }) => {
      const status = await statusOf(context);
      process.stdout.write(options.json ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status));
    }),
  );
