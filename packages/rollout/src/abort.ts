import type { Observation, RolloutRecord, VersionSpec } from "@sluice/ports";
import {
  type Abort,
  act,
  type Decision,
  type Facts,
  finish,
  readyReplicas,
  reasonsOf,
  versionIn,
  wait,
  waitedFor,
} from "./decision.ts";
import { isSameSplit } from "./spec.ts";

/**
 * The decision that turns a rollout round. The reason is recorded before the traffic moves, so that a run that dies
 * in between is not followed by one that tries the bad version again; when the run itself is being stopped the
 * traffic comes first, as there may be no time for more.
 */
export function turnRound(
  seen: Observation,
  record: RolloutRecord,
  abort: Abort,
  now: number,
  isUrgent: boolean,
) {
  // The data plane may not show yet what was asked of it, so the traffic is called back whatever it shows.
  const isExposed = record.phase !== "starting" || (seen.weights[record.to] ?? 0) > 0;
  const aborting: RolloutRecord = {
    ...record,
    phase: "aborting",
    stepStartedAt: record.stepStartedAt ?? (isExposed ? now : null),
    abort,
  };
  const weights = isExposed ? (sharesBack(seen, record) ?? allBack(seen, record)) : null;
  return act(`the traffic to be back on ${record.from ?? "nothing"}`, {
    commands: [{ type: "record", service: seen.service, record: aborting }],
    ...(weights ? { weights } : {}),
    isUrgent,
  });
}

/**
 * What brings the old version back, step by step: its traffic, its replicas, the end of the new version.
 *
 * @returns null when all traffic is on the old version and the new one is gone
 */
export function goBack(
  seen: Observation,
  record: RolloutRecord,
  facts: Facts,
  secrets: Record<string, string>,
  now: number,
): Decision | null {
  const { service } = seen;
  const old = versionIn(seen, record.from);
  const spec = specOf(seen, record.from);
  const shares = sharesBack(seen, record);
  if (shares)
    return act(`the traffic to be back on ${record.from ?? "nothing"}`, { commands: [], weights: shares });
  if (seen.routing !== null) return act("requests to go by the weights alone", { routing: null });
  if (record.from !== null) {
    if (old?.isLeaving)
      return wait("old-leaving", `the old replicas of ${record.from} to be gone, to start new ones`, 5);
    if (spec && (old?.desired ?? 0) < spec.replicas)
      return act(`${record.from} to be started again`, {
        commands: [{ type: "ensure-version", service, spec, secrets: secretsOf(spec, secrets) }],
      });
    if ((seen.weights[record.from] ?? 0) < 99.99) {
      if (waitedFor(facts, "old-ready", now) > patience)
        return finish("rollback_failed", "rollback.failed", oldIsGone(seen, record));
      return wait("old-ready", `replicas of ${record.from} to be ready for all of the traffic`, 5);
    }
  }
  const back = hadTraffic(record) ? allBack(seen, record) : null;
  if (back && !(facts.asked && isSameSplit(facts.asked, back)))
    return act(`the traffic to stay on ${record.from ?? "nothing"}`, { weights: back });
  const bad = versionIn(seen, record.to);
  if (bad && record.to !== record.from) {
    if (bad.isLeaving && waitedFor(facts, "new-leaving", now) > patience) return null;
    if (bad.isLeaving) return wait("new-leaving", `${record.to} to finish what it is answering`, 5);
    return act(`${record.to} to be removed`, {
      commands: [{ type: "remove-version", service, version: record.to }],
    });
  }
  return null;
}

/** Milliseconds that the old version may take to come back, and the new one to finish, before a person is needed. */
const patience = 300_000;

const oldIsGone = (seen: Observation, record: RolloutRecord) =>
  `${record.abort?.sentence ?? ""} ${record.from} did not become ready again, so it could not take the traffic back. ${reasonsOf(versionIn(seen, record.from))}`.trim();

/** The end of an aborted rollout: everything back, looked at by somebody else, and said as it is. */
export function endAbort(
  seen: Observation,
  record: RolloutRecord,
  facts: Facts,
  secrets: Record<string, string>,
  now: number,
): Decision {
  const move = goBack(seen, record, facts, secrets, now);
  if (move) return move;
  const { reasonCode, sentence } = record.abort ?? { reasonCode: "deploy.cancelled", sentence: "" };
  const close = { type: "record", service: seen.service, record: null } as const;
  const isStopped = reasonCode === "deploy.cancelled" || reasonCode === "deploy.superseded";
  // The run that was stopped has ended; this one is to deploy, so it begins anew.
  if (isStopped && facts.cancel === null) return act("a new beginning", { commands: [close] });
  const mustVerify = hadTraffic(record);
  if (record.from === null) {
    return finish(
      isStopped || reasonCode === "deploy.aborted" ? "cancelled" : "failed",
      codeOf(reasonCode),
      sentence,
      [close],
    );
  }
  if (mustVerify && facts.verification === null)
    return act(`${record.from} to be verified`, { ask: "verification" });
  if (mustVerify && facts.verification?.isHealthy === false)
    return finish(
      "rollback_failed",
      "rollback.failed",
      `${sentence} All traffic is on ${record.from} again, but it is not healthy: ${facts.verification.message}`,
      [close],
    );
  // Nothing was found wrong with it: a person, or the failure of another service, ended it.
  const isAsked = isStopped || reasonCode === "deploy.aborted" || reasonCode === "deploy.partner-failed";
  const status = isStopped ? "cancelled" : mustVerify ? "rolled_back" : isAsked ? "cancelled" : "failed";
  return finish(status, codeOf(reasonCode), sentence, [close]);
}

/** Whether the new version had, or may have had, traffic; with recreate the old one was away in any case. */
const hadTraffic = (record: RolloutRecord) =>
  record.step > 0 || record.stepStartedAt !== null || record.strategy === "recreate";

/** All of the traffic on the old version, or the entry closed where there is none; null when it could not answer. */
function allBack(seen: Observation, record: RolloutRecord): Record<string, number> | null {
  if (record.from === null) return {};
  return readyReplicas(versionIn(seen, record.from)) > 0 && (seen.weights[record.from] ?? 0) > 99.99
    ? { [record.from]: 100 }
    : null;
}

const codeOf = (code: string): Abort["reasonCode"] =>
  code.startsWith("judge.") ? "deploy.rolled-back" : (code as Abort["reasonCode"]);

/**
 * The shares that the old version can carry now; null when they are in place already. A version that kept all of
 * its replicas takes everything at once. One that was scaled down takes what its ready replicas can bear and the
 * rest as they return, unless nothing else is there to answer.
 */
export function sharesBack(seen: Observation, record: RolloutRecord): Record<string, number> | null {
  const hasNew = (seen.weights[record.to] ?? 0) > 0;
  if (record.from === null) return hasNew ? {} : null;
  const ready = readyReplicas(versionIn(seen, record.from));
  const full = specOf(seen, record.from)?.replicas ?? ready;
  const isScaledDown = record.strategy === "rolling" && ready < full;
  const canShare = isScaledDown && readyReplicas(versionIn(seen, record.to)) > 0;
  if (ready === 0) return null;
  const share = canShare ? Math.floor((100 * ready) / Math.max(1, full)) : 100;
  const now = seen.weights[record.from] ?? 0;
  if (now >= share && (share < 100 || !hasNew)) return null;
  const shares = share === 100 ? { [record.from]: 100 } : { [record.from]: share, [record.to]: 100 - share };
  return isSameSplit(shares, seen.weights) ? null : shares;
}

/** How a version ran when it was stable. */
export const specOf = (seen: Observation, version: string | null): VersionSpec | undefined =>
  seen.history.find((revision) => revision.spec.version === version)?.spec;

/** The secret values that a version uses, out of all that the run was given. */
export const secretsOf = (spec: VersionSpec, secrets: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(secrets).filter(([name]) => spec.secrets.includes(name)));
