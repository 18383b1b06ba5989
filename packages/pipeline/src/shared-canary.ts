import { type DeployedService, mayContinue } from "@sluice/documents";
import { type Sharing, sharedSteps, sharingInWords } from "@sluice/plan";
import type { Observation } from "@sluice/ports";
import { type EndedTogether, recentlyTrusted, runTogether } from "@sluice/rollout";
import { heldByAlerts } from "./alert-gate.ts";
import type { Context } from "./context.ts";
import { confirm, type Deploying, rolloutOf } from "./deploy-service.ts";
import { rolloutSpecOf, type ServiceRelease, strategyFrom } from "./rollout-spec.ts";

/**
 * The services that go out next: the first of those that are left, and with it the ones that take the steps of their
 * canaries together with it. Looked at when their turn comes, as alerts and what runs may change until then.
 *
 * @param rest services that are left, in the order of deployment
 * @param tell told in sentences who goes together and who does not, where that was asked for
 */
export async function nextServices(
  context: Context,
  rest: readonly ServiceRelease[],
  { despiteAlerts = false, tell }: { despiteAlerts?: boolean; tell: (text: string) => void },
): Promise<readonly ServiceRelease[]> {
  const [first] = rest;
  if (!first?.settings.canary.isShared) return rest.slice(0, 1);
  const inTier = rest.filter(({ settings }) => settings.tier === first.settings.tier);
  const sharing = sharedSteps(
    await Promise.all(inTier.map((service) => sharingOf(context, service, despiteAlerts))),
  );
  for (const sentence of sharingInWords(sharing)) tell(sentence);
  return rest.slice(0, sharing.groups[0]?.length);
}

/** What of a service decides whether it can go with others: how it goes out, what runs, and whether it may begin. */
async function sharingOf(
  context: Context,
  service: ServiceRelease,
  despiteAlerts: boolean,
): Promise<Sharing> {
  const { settings, version } = service;
  const seen = await context.target.target.observe(settings.name, context.signal);
  const { stable, rollout } = seen;
  const begun = rollout?.to === version ? rollout : null;
  const from = begun ? begun.from : stable;
  const isUnchanged = stable === version;
  const held = begun || isUnchanged || despiteAlerts ? null : await heldByAlerts(context, settings);
  return {
    settings,
    strategy: strategyFrom(from, service, context.labels),
    isUnchanged,
    isFirst: from === null,
    isWithoutSteps: begun ? begun.shortcut !== undefined : await comesBack(context, service, seen),
    ...(held === null ? {} : { held }),
  };
}

/** Whether the version was trusted not long ago, and so comes back without steps. */
async function comesBack(context: Context, service: ServiceRelease, seen: Observation): Promise<boolean> {
  const window = context.environment.rollbackWindow;
  if (!window) return false;
  const { version } = await rolloutSpecOf(context, service);
  return recentlyTrusted(window, seen, version, context.clock.now()) !== null;
}

/**
 * Rolls services out that take their steps together, and then holds each to its own checks through the traffic entry.
 * What was promoted when another one fails is left to the caller, who takes the release back as a whole.
 */
export async function deployTogether(
  context: Context,
  services: readonly ServiceRelease[],
  how: Deploying,
): Promise<EndedTogether> {
  const rollouts = await Promise.all(services.map((service) => rolloutOf(context, service, how)));
  const ended = await runTogether(rollouts);
  if (ended.cause) return ended;
  const checked: DeployedService[] = [...ended.services];
  for (const [index, { settings }] of services.entries()) {
    const deployed = await confirm(context, settings, checked[index]!, how.fence);
    checked[index] = deployed;
    if (!mayContinue(deployed.status)) return { services: checked, cause: deployed };
  }
  return { services: checked, cause: null };
}
