import type { ServiceSettings } from "@sluice/config";
import type { Event } from "@sluice/documents";
import type { WatchedService } from "@sluice/rollout";
import type { Context } from "./context.ts";
import { objectiveOf, watchPolicyOf } from "./judge-policy.ts";
import { alertsOf, metricsOf } from "./measures.ts";
import { referenceOf } from "./reference.ts";

/** How a version is watched that has all of the traffic: by the same sources that judge a release. */
export const watchedService = (
  context: Context,
  settings: ServiceSettings,
  version: string,
  events: readonly Event[],
): WatchedService => ({
  name: settings.name,
  version,
  policy: watchPolicyOf(context, settings, referenceOf(events, settings.name)),
  metrics: metricsOf(context, settings),
  ...alertsOf(settings),
  ...objectiveOf(context),
});

/** Alerts that fired when the newest rollout of a service began to be judged; undefined where nobody looked. */
export function alertsBefore(events: readonly Event[], service: string): string[] | undefined {
  const own = events.filter((event) => event.service === service);
  const began = own.findLastIndex(({ type }) => type === "rollout.started");
  for (const event of own.slice(began + 1))
    if (event.type === "rollout.sample" && event.data.alerts) return event.data.alerts;
  return undefined;
}
