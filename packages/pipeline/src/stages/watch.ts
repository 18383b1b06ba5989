import type { Result, Verdict } from "@sluice/documents";
import { type WatchOutcome, watchServices } from "@sluice/rollout";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { recordIn } from "../record.ts";
import { runStage } from "../stage.ts";
import { watchId } from "../under-way.ts";
import { secondsAfterRollback, watchVersions } from "../watch-after-rollback.ts";
import { alertsBefore, watchedService } from "../watched.ts";

export interface WatchRequest {
  services?: readonly string[];
  version?: string;
}

/** The result of a watch, with what only this process needs of it. */
export interface WatchResult {
  result: Result;
  /** What was judged last, by service. */
  verdicts: Readonly<Record<string, Verdict>>;
  /** Somebody wants this run to end, so it must not wait for anything more. */
  isHalted: boolean;
}

/** Watches what was deployed for the time that the configuration has for it; a breach is for the caller to roll back. */
export async function watchStage(context: Context, request: WatchRequest): Promise<WatchResult> {
  const { watch } = context.environment;
  let verdicts: WatchResult["verdicts"] = {};
  let isHalted = false;
  const result = await runStage(context, "watch", request.version, async () => {
    if (watch.duration === 0)
      return {
        status: "skipped",
        reasonCode: "run.stage-skipped",
        summary: "No time to watch is configured.",
        details: null,
      };
    const events = await context.journal.events();
    const services = await Promise.all(
      chosenServices(context, request.services).map(async (settings) => {
        const { stable } = await context.target.target.observe(settings.name, context.signal);
        return stable === null
          ? []
          : [
              {
                ...watchedService(context, settings, stable, events),
                alertsBefore: alertsBefore(events, settings.name),
                requestId: watchId(settings.name, stable),
              },
            ];
      }),
    );
    const outcome: WatchOutcome = await watchServices({
      target: context.target.target,
      services: services.flat(),
      seconds: watch.duration,
      sampleSeconds: watch.interval,
      clock: context.clock,
      signal: context.signal,
      onProgress: context.onProgress,
      record: recordIn(context),
    });
    verdicts = outcome.verdicts;
    isHalted = outcome.endedBy === "halt";
    return outcome;
  });
  return { result, verdicts, isHalted };
}

/** Watches old versions that have the traffic again; null when no time is configured for that. */
export async function watchRolledBackStage(
  context: Context,
  versions: readonly { name: string; version: string }[],
): Promise<Result | null> {
  if (versions.length === 0 || secondsAfterRollback(context.environment) === 0 || context.signal.aborted)
    return null;
  return runStage(context, "watch", undefined, async () => (await watchVersions(context, versions))!);
}
