import type { Command, Observation, RolloutRecord } from "@sluice/ports";
import { endAbort, goBack, specOf, turnRound } from "./abort.ts";
import { begin, refuseOther } from "./begin.ts";
import {
  type Abort,
  act,
  type Decision,
  type Facts,
  readyKey,
  readyReplicas,
  unreadyKey,
  versionIn,
  wait,
} from "./decision.ts";
import { whatIsWrong } from "./health.ts";
import { asked, obey, promotionOf } from "./operator.ts";
import { isSameRouting, routingOf } from "./routing.ts";
import { settle } from "./settle.ts";
import { isSameSplit, type RolloutSpec, type Step, weightsOf } from "./spec.ts";
import { afterPause, stepsNow, waitForOthers } from "./steps.ts";

/**
 * What to do next to bring the service from what is seen to what is wanted. Pure: everything it knows is in its
 * arguments, and what was done before is read from the target, so a second run decides as the first would have.
 *
 * @param seen the target as it is, with the weights of the data plane
 * @param now  milliseconds since 1970
 */
export function decide(spec: RolloutSpec, seen: Observation, facts: Facts, now: number): Decision {
  const record = seen.rollout;
  if (record === null) return begin(spec, seen, facts, now);
  if (record.id !== spec.id || record.to !== spec.version.version) {
    // The version that is wanted still stands by after a promotion: take it before it is gone.
    if (seen.stable === record.to && record.from === spec.version.version && record.phase !== "aborting")
      return act("the earlier rollout to be closed", {
        commands: [{ type: "record", service: spec.service, record: null }],
      });
    // What is refused in the end must not cost the version that still stands by.
    const refused = seen.stable === record.to && record.phase !== "aborting" ? refuseOther(spec, seen) : null;
    return refused ?? endOther(seen, record, facts, spec.secrets, now);
  }
  const back = facts.together?.back;
  if (back && record.phase !== "aborting" && seen.stable !== record.to && !facts.cancel)
    return turnRound(seen, record, back, now, false);
  const obeyed = obey(seen, record, facts, now);
  if (obeyed) return obeyed;
  if (record.phase === "aborting") return endAbort(seen, record, facts, spec.secrets, now);
  if (seen.stable === record.to) return settle(spec, seen, record, facts, now);
  if (facts.cancel) return turnRound(seen, record, facts.cancel, now, true);

  const steps = stepsNow(spec, seen, record);
  const index = Math.min(record.step, steps.length - 1);
  const step = steps[index]!;
  const abort = whatIsWrong(spec, seen, record, steps, facts, now);
  if (abort) return turnRound(seen, record, abort, now, false);
  if (record.phase === "promoting") {
    if (!isSameSplit(seen.weights, weightsOf(record, 100)))
      return act(`${record.to} to have all of the traffic`, { weights: weightsOf(record, 100) });
    return act(`${record.to} to be the trusted version`, {
      commands: [{ type: "mark-stable", service: spec.service, version: record.to }],
    });
  }
  return record.stepStartedAt === null
    ? reachStep(spec, seen, record, step, facts, now)
    : holdStep(spec, seen, record, steps, index, facts, now);
}

/** Another release is half done: bring it to an end, forwards if it was trusted already, backwards otherwise. */
export function endOther(
  seen: Observation,
  record: RolloutRecord,
  facts: Facts,
  secrets: Record<string, string>,
  now: number,
  abort: Abort = {
    reasonCode: "deploy.superseded",
    sentence: `The rollout of ${record.to} was not finished and another release took its place.`,
  },
): Decision {
  const close = { type: "record", service: seen.service, record: null } as const;
  if (seen.stable === record.to && record.phase !== "aborting") {
    const old = versionIn(seen, record.from);
    if (!isSameSplit(seen.weights, weightsOf(record, 100)))
      return act(`${record.to} to have all of the traffic`, { weights: weightsOf(record, 100) });
    if (!isSameRouting(seen, null)) return act("requests to go by the weights alone", { routing: null });
    if (old && !old.isLeaving && record.from !== null)
      return act(`${record.from} to be removed`, {
        commands: [{ type: "remove-version", service: seen.service, version: record.from }],
      });
    if (old) return wait("old-leaving", `${record.from} to finish what it is answering`, 5);
    return act("the earlier rollout to be closed", { commands: [close] });
  }
  if (record.phase !== "aborting") return turnRound(seen, record, abort, now, false);
  return (
    goBack(seen, record, facts, secrets, now) ??
    act("the earlier rollout to be closed", { commands: [close] })
  );
}

/** Brings the new version to the size of the step and then the traffic to its weight. */
function reachStep(
  spec: RolloutSpec,
  seen: Observation,
  record: RolloutRecord,
  step: Step,
  facts: Facts,
  now: number,
): Decision {
  const { service } = spec;
  const { from, to } = record;
  if (spec.strategy === "recreate" && from !== null) {
    const old = versionIn(seen, from);
    if ((seen.weights[from] ?? 0) > 0) return act("the entry to be closed", { weights: {} });
    if (old && !old.isLeaving)
      return act(`${from} to be removed`, { commands: [{ type: "remove-version", service, version: from }] });
    if (old) return wait("old-leaving", `${from} to finish what it is answering`, 5);
  }
  const canary = versionIn(seen, to);
  if (canary?.isLeaving) return wait("new-leaving", `earlier replicas of ${to} to be gone`, 5);
  if (!canary || canary.desired < step.replicas || canary.digest !== spec.version.artifact.digest)
    return act(`${step.replicas} replicas of ${to} to be started`, {
      commands: [ensureSize(spec, step.replicas)],
    });
  const ready = readyReplicas(canary);
  if (ready < step.replicas)
    return wait(readyKey(record), `${step.replicas} replicas of ${to} to be ready (${ready} are)`, 5);
  if (record.phase === "starting" && facts.switchTest === null)
    return act(`the tests of ${to} before it gets traffic`, { ask: "switch-test" });

  const weights = weightsOf(record, step.weight);
  const isSplit = isSameSplit(seen.weights, weights);
  const stepping: RolloutRecord = { ...record, phase: "stepping" };
  const routing = routingOf(spec, record, step);
  if (record.phase === "starting")
    return act(`the step of ${step.weight} % to be recorded`, {
      commands: [{ type: "record", service, record: stepping }],
      ...(routing ? {} : { weights }),
    });
  // A user that meets the new version must be kept there from the first time on, and until all go there. Copies end
  // before it has users.
  const comesFirst = routing !== null || isSplit || seen.routing?.mirrorPercent !== undefined;
  if (!isSameRouting(seen, routing) && comesFirst)
    return act(`the data plane to route to ${to}`, { routing });
  if (!isSplit) return act(`the data plane to give ${to} ${step.weight} %`, { weights });
  return act(`the step of ${step.weight} % to begin`, {
    commands: [{ type: "record", service, record: { ...stepping, stepStartedAt: now } }],
  });
}

/** The new version in the size of a step. */
const ensureSize = ({ service, version, secrets }: RolloutSpec, replicas: number): Command => ({
  type: "ensure-version",
  service,
  spec: { ...version, replicas },
  secrets,
});

/** The step has its weight: scale down what is no longer needed, wait, and go on when it may. */
function holdStep(
  spec: RolloutSpec,
  seen: Observation,
  record: RolloutRecord,
  steps: readonly Step[],
  index: number,
  facts: Facts,
  now: number,
): Decision {
  const step = steps[index]!;
  const weights = weightsOf(record, step.weight);
  if (!isSameSplit(seen.weights, weights))
    return act(`the data plane to give ${record.to} ${step.weight} % again`, { weights });
  const routing = routingOf(spec, record, step);
  if (!isSameRouting(seen, routing)) return act(`the data plane to route to ${record.to} again`, { routing });
  const old = versionIn(seen, record.from);
  const oldSpec = specOf(seen, record.from);
  if (step.oldReplicas !== null && old && oldSpec && old.desired > step.oldReplicas)
    return act(`${record.from} to be scaled down to ${step.oldReplicas}`, {
      commands: [
        {
          type: "ensure-version",
          service: spec.service,
          spec: { ...oldSpec, replicas: step.oldReplicas },
          secrets: spec.secrets,
        },
      ],
    });
  const canary = versionIn(seen, record.to);
  if (canary && !canary.isLeaving && canary.desired < step.replicas)
    return act(`the ${step.replicas} replicas of ${record.to} that the step needs`, {
      commands: [ensureSize(spec, step.replicas)],
    });
  const promotion = promotionOf(seen, record);
  const decision = afterPause(spec, record, step, facts, now, promotion !== null);
  const ready = readyReplicas(canary);
  const isWayOn = decision === "go-on" || decision === "go-on-without";
  if (ready < step.replicas && (isWayOn || !("abort" in decision)))
    return wait(
      unreadyKey(record),
      `${step.replicas} replicas of ${record.to} to be ready again (${ready} are)`,
      5,
    );
  if (isWayOn) {
    const { stepCheck } = facts;
    if (stepCheck === null || (stepCheck && stepCheck.step !== record.stepStartedAt))
      return act(`the check after the step of ${step.weight} %`, { ask: "step-check" });
    const others = waitForOthers(record, step, facts);
    if (others) return { ...others, done: decision };
    const isLast = index === steps.length - 1;
    const next: RolloutRecord = isLast
      ? { ...record, phase: "promoting" }
      : { ...record, step: index + 1, stepStartedAt: null };
    return act(isLast ? `${record.to} to be promoted` : `the step of ${steps[index + 1]!.weight} %`, {
      commands: [
        { type: "record", service: spec.service, record: next },
        ...(promotion ? [{ type: "request", service: spec.service, request: null } as const] : []),
      ],
      ...(promotion ? { answer: { request: promotion, isObeyed: true, summary: asked(promotion) } } : {}),
      done: decision,
    });
  }
  if ("abort" in decision) return turnRound(seen, record, decision.abort, now, false);
  return decision;
}
