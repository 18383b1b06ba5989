import type { Observation, RolloutRecord } from "@sluice/ports";
import { act, type Decision, type Facts, finish, versionIn, wait } from "./decision.ts";
import { isSameSplit, type RolloutSpec, weightsOf } from "./spec.ts";

/** The new version is trusted. What remains is to keep the old one for its time and to let it go. */
export function settle(
  spec: RolloutSpec,
  seen: Observation,
  record: RolloutRecord,
  facts: Facts,
  now: number,
): Decision {
  const { service } = spec;
  const { from, to } = record;
  const promoted = (message: string, isClosed: boolean) =>
    finish(
      "succeeded",
      "deploy.promoted",
      record.shortcut ? `${message} ${record.shortcut}` : message,
      isClosed ? [{ type: "record", service, record: null }] : [],
    );
  const first = `${to} is the first version of ${service} here; there was nothing to compare it with, so only its health was checked.`;
  if (record.phase !== "draining")
    return act(`${from ?? "nothing"} to be released`, {
      commands: [{ type: "record", service, record: { ...record, phase: "draining", stepStartedAt: now } }],
    });
  const old = from === null || from === to ? undefined : versionIn(seen, from);
  if (!old) return promoted(from === null ? first : `${to} has all of the traffic of ${service}.`, true);
  if (!isSameSplit(seen.weights, weightsOf(record, 100)))
    return act(`${to} to have all of the traffic`, { weights: weightsOf(record, 100) });
  const remaining = (record.stepStartedAt ?? now) + 1000 * (spec.keepOldForSeconds ?? 0) - now;
  // Whoever takes this service back with the others finds the old version still there.
  if ((facts.cancel || spec.leavesOld || facts.together?.back) && remaining > 0)
    return promoted(
      `${to} has all of the traffic of ${service}; ${from} still stands by${facts.cancel ? ", as the run was stopped" : ""}.`,
      false,
    );
  if (remaining > 0) return wait("keep-old", `${from} standing by in case it is needed`, remaining / 1000);
  if (!old.isLeaving)
    return act(`${from} to be removed`, {
      commands: [{ type: "remove-version", service, version: old.version }],
    });
  return wait("old-leaving", `${from} to finish what it is answering`, 5);
}
