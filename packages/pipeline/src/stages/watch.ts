import type { Result } from "@sluice/documents";
import { type WatchOutcome, watchServices } from "@sluice/rollout";
import { chosenServices } from "../choose.ts";
import type { Context } from "../context.ts";
import { watchPolicyOf } from "../judge-policy.ts";
import { recordIn } from "../record.ts";
import { referenceOf } from "../reference.ts";
import { runStage } from "../stage.ts";

export interface WatchRequest {
  services?: readonly string[];
  version?: string;
}

/** Watches what was deployed for the time that the configuration has for it; a breach is for the caller to roll back. */
export async function watchStage(
  context: Context,
  request: WatchRequest,
): Promise<Result & { breached: readonly string[] }> {
  const { watch } = context.environment;
  let breached: readonly string[] = [];
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
        const reference = referenceOf(events, settings.name);
        return stable === null
          ? []
          : [{ name: settings.name, version: stable, policy: watchPolicyOf(context, settings, reference) }];
      }),
    );
    const outcome: WatchOutcome = await watchServices({
      ...context.target,
      services: services.flat(),
      seconds: watch.duration,
      sampleSeconds: watch.interval,
      clock: context.clock,
      signal: context.signal,
      onProgress: context.onProgress,
      record: recordIn(context),
    });
    breached = outcome.breached;
    return outcome;
  });
  return { ...result, breached };
}
