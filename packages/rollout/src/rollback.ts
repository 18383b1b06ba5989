import { Refusal, type RollbackDetails } from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import { secretsOf, specOf } from "./abort.ts";
import { verifyOld } from "./checks.ts";
import { decide, endOther } from "./decide.ts";
import { type Abort, type Facts, finish, type Outcome, readyReplicas, versionIn } from "./decision.ts";
import { Engine } from "./engine.ts";
import type { Surroundings } from "./options.ts";
import { isSameSplit, type RolloutSpec } from "./spec.ts";

export interface RollbackOptions extends Surroundings {
  service: string;
  /** Version to go back to; absent: the one that was stable before. */
  to?: string;
  /** Why, as a person or the judge said it. */
  reason: Abort;
  /** Values of secret variables, by name; the version that comes back takes those it uses. */
  secrets?: Record<string, string>;
  /** How long replicas may take to become ready; 300 where nothing is said. */
  startTimeoutSeconds?: number;
}

export type RolledBackService = RollbackDetails["services"][number];

/** Rollouts of rollbacks are known by their id, so that a second run continues them. */
const idPrefix = "rollback/";

/** Whether a rollout, by its id, is the way back to an earlier version. */
export const isRollback = (id: string): boolean => id.startsWith(idPrefix);

/**
 * Brings a service back to an earlier version: the traffic first, then the rest, then a look at whether it is well.
 * A rollout that is not finished is aborted, which is all that is needed. May be called again after any end of the
 * process. `rolled_back` is only said after the verification; everything else is `rollback_failed`.
 *
 * @throws Refusal `rollback.no-target` when there is no earlier version, `rollback.never-ran` for an unknown one
 */
export async function rollbackService(options: RollbackOptions): Promise<RolledBackService> {
  const { service, clock } = options;
  const begunAt = clock.now();
  const engine = new Engine(service, { ...options, signal: undefined }, false);
  const seen = await engine.look();
  const way = chooseWay(options, seen);
  const name = service;
  if (way.kind === "nothing")
    return {
      name,
      from: way.to,
      to: way.to,
      secondsUntilTrafficBack: null,
      status: "skipped",
      message: `${service} runs ${way.to} already.`,
    };

  let backAt: number | null = null;
  const outcome = await engine.run(
    (now, facts, time) =>
      way.kind === "abort" ? abortRollout(options, now, facts, time) : decide(way.spec, now, facts, time),
    {
      async observe(now) {
        if (backAt !== null || way.to === null || !isSameSplit(now.weights, { [way.to]: 100 })) return;
        backAt = clock.now();
        const data = { step: now.rollout?.step ?? 0, weights: now.weights };
        await engine.journal({ type: "rollout.weights", at: new Date(backAt).toISOString(), service, data });
      },
      // The version that was to come back has failed: the one that was there before it has to be well.
      async ask(_, { rollout }) {
        engine.facts.verification = await verifyOld(options, service, rollout?.from ?? "");
      },
      decided(now, decision) {
        options.onProgress?.({
          type: "rollout",
          service,
          version: way.to ?? "",
          weights: now.weights,
          step: { index: 0, count: 1 },
          waitingFor: decision.waitingFor,
          remainingSeconds: decision.waitSeconds,
          ...(decision.outcome ? { isOver: true } : {}),
        });
      },
    },
  );
  const verification = await verifyBack(options, way.to, outcome);
  const isBack = verification.isHealthy && (outcome.status === "succeeded" || outcome.status === "skipped");
  const message = isBack
    ? `All traffic of ${service} is on ${way.to ?? "no version"} again: ${options.reason.sentence}`
    : `${service} could not be brought back to ${way.to ?? "an earlier version"}: ${verification.message}`;
  await engine.journal({
    type: "rollout.finished",
    at: new Date(clock.now()).toISOString(),
    service,
    data: {
      status: isBack ? "rolled_back" : "rollback_failed",
      reasonCode: isBack ? "rollback.verified" : "rollback.failed",
      version: way.to ?? "",
      summary: message,
    },
  });
  return {
    name,
    from: way.from,
    to: way.to,
    secondsUntilTrafficBack: backAt === null ? null : (backAt - begunAt) / 1000,
    status: isBack ? "rolled_back" : "rollback_failed",
    message,
  };
}

type Way =
  | { kind: "nothing"; from: string; to: string }
  | { kind: "abort"; from: string; to: string | null }
  | { kind: "replace"; from: string | null; to: string; spec: RolloutSpec };

/**
 * The version that a rollback without a name goes to: the one before a rollout that is half done, otherwise the one
 * that was trusted before this one. Null when there is none.
 */
export function previousVersion({ rollout, stable, history }: Observation): string | null {
  if (rollout && isRollback(rollout.id)) return rollout.to;
  if (rollout && stable !== rollout.to) return rollout.from;
  return history.find(({ spec }) => spec.version !== stable)?.spec.version ?? null;
}

/** Abort what is half done, or put an earlier version in the place of the one that is trusted. */
function chooseWay(options: RollbackOptions, seen: Observation): Way {
  const { service } = options;
  const record = seen.rollout;
  const isOurs = record !== null && isRollback(record.id) && (options.to ?? record.to) === record.to;
  const isHalfDone = record !== null && !isOurs && seen.stable !== record.to;
  if (isHalfDone && (options.to === undefined || options.to === record.from))
    return { kind: "abort", from: record.to, to: record.from };
  const known = [...new Set(seen.history.map((revision) => revision.spec.version))];
  const to = options.to ?? previousVersion(seen);
  if (to === null)
    throw new Refusal({
      reasonCode: "rollback.no-target",
      message: seen.stable
        ? `${service} has only ever run ${seen.stable} here, so there is no version to go back to.`
        : `${service} has never run here, so there is no version to go back to.`,
      remedy: "Deploy a version that works.",
    });
  const version = specOf(seen, to);
  if (!version)
    throw new Refusal({
      reasonCode: "rollback.never-ran",
      message: `${to} never ran as the trusted version of ${service} here.`,
      remedy: known.length ? `Name one of ${known.join(", ")}.` : "There is no version to go back to.",
    });
  const running = versionIn(seen, to);
  const isThere = seen.stable === to && record === null && isSameSplit(seen.weights, { [to]: 100 });
  if (isThere && running && readyReplicas(running) >= version.replicas)
    return { kind: "nothing", from: to, to };
  const from = isOurs ? record.from : seen.stable;
  return {
    kind: "replace",
    from,
    to,
    spec: {
      id: `${idPrefix}${service}/${to}`,
      service,
      version,
      secrets: secretsOf(version, options.secrets ?? {}),
      strategy: "bluegreen",
      startTimeoutSeconds: options.startTimeoutSeconds ?? 300,
    },
  };
}

function abortRollout(options: RollbackOptions, seen: Observation, facts: Facts, now: number) {
  if (seen.rollout === null) return finish("succeeded", "rollback.verified", options.reason.sentence);
  return endOther(seen, seen.rollout, facts, options.secrets ?? {}, now, options.reason);
}

async function verifyBack(options: RollbackOptions, to: string | null, outcome: Outcome) {
  if (outcome.status !== "succeeded") return { isHealthy: false, message: outcome.message };
  if (to === null) return { isHealthy: true, message: "" };
  return verifyOld(options, options.service, to);
}
