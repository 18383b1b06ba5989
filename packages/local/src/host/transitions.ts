import { canonicalJson, Refusal } from "@sluice/documents";
import type { Command, Routing } from "@sluice/ports";
import { otherVersion } from "../other-version.ts";
import { type HostState, type ServiceState, type VersionState, withService, withVersion } from "./state.ts";

/** A command as it arrives at the host; the values of secrets are kept apart from the state. */
export type StateCommand = Command extends infer C ? (C extends Command ? Omit<C, "secrets"> : never) : never;

/** Revisions that are remembered; the artifacts of these can be run again. */
const historyLength = 20;

/**
 * The state after a command; the same object when there is nothing to change.
 *
 * @param now milliseconds since 1970
 * @throws Refusal when the command makes no sense in this state
 */
export function afterCommand(state: HostState, command: StateCommand, now: number): HostState {
  switch (command.type) {
    case "ensure-version":
      return withService(state, command.service, (service) => {
        const { version } = command.spec;
        const before = service.versions[version];
        if (before && !before.isLeaving && same(before.spec, command.spec)) return service;
        const after: VersionState = { replicas: [], ...before, spec: command.spec, isLeaving: false };
        return { ...service, versions: { ...service.versions, [version]: after } };
      });
    case "remove-version":
      if ((state.services[command.service]?.weights[command.version] ?? 0) > 0) {
        throw new Refusal({
          reasonCode: "deploy.has-traffic",
          message: `${command.service} ${command.version} still has ${state.services[command.service]!.weights[command.version]} % of the traffic.`,
          remedy: "Give its share to another version first.",
        });
      }
      return withVersion(state, command.service, command.version, (version) =>
        version.isLeaving ? version : { ...version, isLeaving: true },
      );
    case "record":
      return withService(state, command.service, (service) =>
        same(service.rollout, command.record)
          ? service
          : {
              ...service,
              rollout: command.record,
              request: command.record?.id === service.request?.rollout ? service.request : null,
            },
      );
    case "request":
      return withService(state, command.service, (service) =>
        same(service.request, command.request) ? service : { ...service, request: command.request },
      );
    case "mark-stable":
      return withService(state, command.service, (service) => {
        const spec = running(service, command.service, command.version).spec;
        const newest = service.history[0];
        if (service.stable === command.version && newest)
          return same(newest.spec, spec)
            ? service
            : { ...service, history: [{ ...newest, spec }, ...service.history.slice(1)] };
        const revision = { revision: (newest?.revision ?? 0) + 1, spec, stableSince: now };
        return {
          ...service,
          stable: command.version,
          history: [revision, ...service.history].slice(0, historyLength),
        };
      });
    default:
      throw otherVersion(`the command ${(command as { type: string }).type}`);
  }
}

/**
 * The state after the shares of the traffic were set.
 *
 * @param weights percent by version: they add up to 100, or there are none
 * @throws Refusal `deploy.weights-invalid`, `deploy.unknown-version`
 */
export function afterWeights(
  state: HostState,
  name: string,
  weights: Readonly<Record<string, number>>,
): HostState {
  const shares = Object.entries(weights).filter(([, weight]) => weight !== 0);
  const sum = shares.reduce((total, [, weight]) => total + weight, 0);
  const isValid = shares.every(([, weight]) => weight > 0 && weight <= 100);
  if (!isValid || (shares.length > 0 && !(Math.abs(sum - 100) < 1e-6))) {
    throw new Refusal({
      reasonCode: "deploy.weights-invalid",
      message: `The shares ${shares.map(([version, weight]) => `${version}: ${weight} %`).join(", ")} of ${name} do not add up to 100 %.`,
      remedy: "Give each version a share between 0 and 100 %; all of them are 100 %.",
    });
  }
  return withService(state, name, (service) => {
    for (const [version] of shares) running(service, name, version);
    const next = Object.fromEntries(shares);
    return same(service.weights, next) ? service : { ...service, weights: next };
  });
}

/**
 * The state after it was set what happens to requests beside the weights.
 *
 * @throws Refusal `deploy.unknown-version`, `deploy.routing-refused`
 */
export function afterRouting(state: HostState, name: string, routing: Routing | null): HostState {
  const { mirrorPercent } = routing ?? {};
  if (mirrorPercent !== undefined && !(mirrorPercent > 0 && mirrorPercent <= 100))
    throw new Refusal({
      reasonCode: "deploy.routing-refused",
      message: `${mirrorPercent} % of the requests of ${name} cannot be copied.`,
      remedy: "Copy a share above 0 and up to 100 %, or none.",
    });
  return withService(state, name, (service) => {
    if (routing) running(service, name, routing.version);
    return same(service.routing, routing) ? service : { ...service, routing };
  });
}

function running(service: ServiceState, name: string, version: string): VersionState {
  const found = service.versions[version];
  if (found && !found.isLeaving) return found;
  const others = Object.keys(service.versions).filter((other) => !service.versions[other]!.isLeaving);
  throw new Refusal({
    reasonCode: "deploy.unknown-version",
    message: `${name} ${version} ${found ? "is being removed" : "does not run"}; ${others.length > 0 ? `there is ${others.join(", ")}` : "nothing of it runs"}.`,
    remedy: `Start ${version} before it gets traffic.`,
  });
}

const same = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b);
