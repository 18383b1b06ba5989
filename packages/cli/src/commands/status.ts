import { type EnvironmentStatus, formatStatus, openEnvironment, statusOf } from "@sluice/pipeline";
import type { Command } from "commander";
import { abortOnSignals, type EnvironmentOptions, environmentCommand, locate, openLog } from "../session.ts";

export const statusCommand = (): Command =>
  environmentCommand(
    "status",
    "what runs in the environment now, who holds its lock, how the last run ended",
    ["sluice status -e production", "sluice status -e production --json"],
  ).action(async (options: EnvironmentOptions) => {
    const cancel = abortOnSignals();
    const log = openLog();
    try {
      const context = await openEnvironment({
        ...locate(options),
        signal: cancel.signal,
        onProgress: log.onProgress,
      });
      const status: EnvironmentStatus = await statusOf(context);
      process.stdout.write(options.json ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status));
    } finally {
      log.close();
      cancel.release();
    }
  });
