import type { ServiceSettings } from "@sluice/config";
import type { Strategy } from "@sluice/documents";

/** What decides whether a service can take the steps of its canary together with others. */
export interface Sharing {
  settings: Pick<ServiceSettings, "name" | "tier" | "dependsOn" | "canary">;
  strategy: Strategy;
  /** It runs the wanted version already. */
  isUnchanged: boolean;
  /** Nothing of it runs, so there is nothing to compare it with. */
  isFirst: boolean;
  /** Its steps are left out. */
  isWithoutSteps: boolean;
  /** Why it may not begin yet; absent where it may. */
  held?: string;
}

export interface SharedSteps<S> {
  /** All services in their order; those in one group go out at the same time. */
  groups: S[][];
  /** Services that wanted to share their steps and do not, each with the reason. */
  apart: { name: string; why: string }[];
}

/**
 * Which services share the steps of their canaries: neighbours in the order of deployment that are in one tier, ask
 * for it, have the same weights, and do not need one another. A service that runs the version already is in
 * nobody's way: it goes with its neighbours, so that what happens to them happens to it.
 *
 * @param services in the order of deployment
 */
export function sharedSteps<S extends Sharing>(services: readonly S[]): SharedSteps<S> {
  const groups: S[][] = [];
  const reasons = new Map<S, string>();
  for (const service of services) {
    const group = groups.at(-1) ?? [];
    const { tier, canary } = service.settings;
    const isWilling = ({ settings }: S) => settings.tier === tier && settings.canary.isShared === true;
    const neighbours = isWilling(service) && group.every(isWilling) ? group : [];
    const why = service.isUnchanged ? null : whyApart(neighbours, service);
    if (neighbours.length > 0 && why === null) {
      group.push(service);
      continue;
    }
    groups.push([service]);
    const isAsked =
      canary.isShared && services.filter((one) => isWilling(one) && !one.isUnchanged).length > 1;
    if (isAsked && why !== null) reasons.set(service, why);
  }
  const apart = groups.flatMap((group) => {
    const [only, ...others] = group.filter(({ isUnchanged }) => !isUnchanged);
    const why = only && others.length === 0 ? reasons.get(only) : undefined;
    return only && why !== undefined ? [{ name: only.settings.name, why }] : [];
  });
  return { groups, apart };
}

/** The names of the services that really go together: groups of those that run another version. */
export const namesTogether = ({ groups }: Pick<SharedSteps<Sharing>, "groups">): string[][] =>
  groups
    .map((group) => group.filter(({ isUnchanged }) => !isUnchanged).map(({ settings }) => settings.name))
    .filter((names) => names.length > 1);

/** Why a service cannot go together with those before it; null when it can. */
function whyApart(group: readonly Sharing[], service: Sharing): string | null {
  const own = whyAlone(service);
  if (own !== null) return own;
  const before = group.filter(({ isUnchanged }) => !isUnchanged);
  const needed = before.find(({ settings }) => service.settings.dependsOn.includes(settings.name));
  if (needed) return `it needs ${needed.settings.name}, which has to be there first`;
  const alone = before.find((one) => whyAlone(one) !== null);
  if (alone) return `${alone.settings.name}, just before it, goes on its own`;
  const other = before.find(({ settings }) => weightsIn(settings) !== weightsIn(service.settings));
  if (!other) return null;
  return `its steps are ${weightsIn(service.settings)} %, and those of ${other.settings.name} are ${weightsIn(other.settings)} %`;
}

function whyAlone({ strategy, isFirst, isWithoutSteps, held }: Sharing): string | null {
  if (strategy !== "canary") return `it goes out by ${strategy}`;
  if (isFirst) return "nothing of it runs yet that it could be compared with";
  if (isWithoutSteps) return "its steps are left out this time";
  return held === undefined ? null : `it may not begin yet: ${held.replace(/\.$/, "")}`;
}

/** The weights of a canary, one after the other; a dark launch is a step without users. */
const weightsIn = ({ canary: { steps, darkLaunch } }: Sharing["settings"]): string =>
  [...(darkLaunch ? [0] : []), ...steps.map(({ weightPercent }) => weightPercent)].join("/");

/** Who shares steps, and who does not and why; a sentence for each. */
export function sharingInWords(sharing: SharedSteps<Sharing>): string[] {
  return [
    ...namesTogether(sharing).map((names) => `${inOneBreath(names)} take their canary steps together.`),
    ...sharing.apart.map(({ name, why }) => `${name} does not take its steps together with others: ${why}.`),
  ];
}

/** `orders, payments and search`. */
export const inOneBreath = (names: readonly string[]): string =>
  new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);
