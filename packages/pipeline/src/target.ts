import { Refusal } from "@sluice/documents";
import { environmentStatus, localTarget } from "@sluice/local";
import type { MetricSource, Observation, Target, TrafficRouter } from "@sluice/ports";

/** What an environment runs on, with what splits its traffic and what counts its requests. */
export interface OpenTarget {
  readonly target: Target;
  readonly router: TrafficRouter;
  readonly metrics: MetricSource;
  /** Every service as it is now; nothing is started by asking. */
  list(signal?: AbortSignal): Promise<readonly Observation[]>;
  /** Ends everything that runs; only where Sluice itself keeps it running. */
  stop(): Promise<void>;
}

/**
 * Opens the target that the configuration names.
 *
 * @throws Refusal `config.not-allowed` for a kind that this version cannot deploy to
 */
export function openTarget(options: {
  kind: "local" | "kubernetes" | "ecs";
  environment: string;
  /** Folder that outlives runs, for all environments of the project. */
  stateDirectory: string;
  hostEntry: string;
  file: string;
}): OpenTarget {
  const { kind, stateDirectory, environment, hostEntry, file } = options;
  if (kind !== "local")
    throw new Refusal({
      reasonCode: "config.not-allowed",
      message: `The target \`${kind}\` cannot be deployed to yet.`,
      remedy: "Write `target: local`.",
      location: { file, key: "target" },
    });
  const local = localTarget({ stateDirectory, environment, hostEntry });
  return {
    target: local.target,
    router: local.router,
    metrics: local.metrics,
    list: async (signal) => (await environmentStatus({ stateDirectory, environment }, signal)).services,
    stop: () => local.shutdown(),
  };
}
