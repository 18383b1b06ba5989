import type { Observation, RolloutRecord } from "@sluice/ports";
import { specOf } from "./abort.ts";
import { type Abort, type Decision, type Facts, finish, type WayOn, wait } from "./decision.ts";
import { limitsOf, type RolloutSpec, type Step, stepsOf } from "./spec.ts";

/** The steps of a rollout that is under way; the version that it comes from counts with the replicas of its history. */
export const stepsNow = (spec: RolloutSpec, seen: Observation, record: RolloutRecord): Step[] =>
  stepsOf(spec, record, specOf(seen, record.from)?.replicas ?? spec.version.replicas);

/**
 * What a step that has its weight does now: end the rollout, wait, or let the next one begin.
 *
 * @param isPromoted a person said that the step need not last any longer; only a bad verdict that is to be rolled back
 *   is stronger
 *
 * A step lasts for its pause, and longer while what it needs is missing: data, evidence, a gate that is kept again.
 * After `maxHoldSeconds` beyond the pause (in this run: somebody who runs it again wants to give it more time; and
 * anew when it had everything meanwhile and others kept it) it is inconclusive. A manual step lasts until somebody
 * promotes it. Metrics that cannot be read are never a reason to go on, nor to go back.
 */
export function afterPause(
  spec: RolloutSpec,
  record: RolloutRecord,
  step: Step,
  facts: Facts,
  now: number,
  isPromoted: boolean,
): Decision | WayOn | { abort: Abort } {
  const limits = limitsOf(spec);
  const began = record.stepStartedAt ?? now;
  const { verdict } = facts;
  if (verdict?.verdict === "rollback" && step.need !== "nothing") {
    if (limits.onBadRelease === "rollback")
      return { abort: { reasonCode: verdict.reasonCode, sentence: verdict.sentence } };
    if (isPromoted) return "go-on";
    return finish(
      "held",
      "deploy.held",
      `${verdict.sentence} It was not rolled back, as configured; a person has to decide.`,
    );
  }
  if (isPromoted) return "go-on";
  // A person takes the time that a person takes: no limit ends this wait, and no evidence takes their place.
  if (step.isManual)
    return wait(
      `person-${record.step}`,
      `a person to promote the step of ${step.weight} %`,
      Number.POSITIVE_INFINITY,
    );
  const remaining = began + 1000 * step.pauseSeconds - now;
  if (remaining > 0)
    return wait(`pause-${record.step}`, `the step of ${step.weight} % to last its time`, remaining / 1000);
  if (!facts.isJudged || step.need === "nothing") return "go-on";

  const isFresh = verdict !== null && 1000 * verdict.t + record.startedAt >= began;
  const missing = facts.isMetricsAway ? "metrics" : whatIsMissing(step, isFresh ? verdict : null);
  if (missing === null) return "go-on";
  const waitsSince = Math.max(began + 1000 * step.pauseSeconds, facts.runSince, facts.readySince ?? 0);
  const left = waitsSince + 1000 * limits.maxHoldSeconds - now;
  if (left > 0) return wait(`hold-${record.step}`, missingInWords[missing], left / 1000);

  const sentence =
    `The step of ${step.weight} % waited ${limits.maxHoldSeconds} s for ${missingInWords[missing]}. ${verdict?.sentence ?? ""}`.trim();
  if (missing === "metrics")
    return finish(
      "inconclusive",
      "judge.metrics-away",
      `${sentence} The traffic stays as it is; run again when the metrics are back, or roll back.`,
    );
  if (limits.onInconclusive === "promote" && missing !== "gate") return "go-on-without";
  if (limits.onInconclusive === "rollback") return { abort: { reasonCode: "deploy.inconclusive", sentence } };
  return finish(
    "inconclusive",
    "deploy.inconclusive",
    `${sentence} The traffic stays as it is; run again to give it more time, or roll back.`,
  );
}

/**
 * What a step that could end does for the others that take theirs together with it; null when all of them may go on.
 * No limit ends this wait: it is over when theirs is, and that has one.
 */
export function waitForOthers(record: RolloutRecord, { weight }: Step, { together }: Facts): Decision | null {
  if (!together) return null;
  if (together.stay !== null)
    return finish(
      "held",
      "deploy.held",
      `${record.to} could leave the step of ${weight} %, but not without the others. ${together.stay} The traffic stays as it is; deploy again to go on together, or roll back.`,
    );
  const { waitsFor } = together;
  if (waitsFor.length === 0) return null;
  return wait(
    `together-${record.step}`,
    `${waitsFor.join(" and ")} to be done with the step of ${weight} % too`,
    Number.POSITIVE_INFINITY,
  );
}

type Missing = "metrics" | "reading" | "gate" | "data" | "proof";

const missingInWords: Record<Missing, string> = {
  metrics: "the metrics to be readable again",
  reading: "the first reading of this step",
  gate: "a gate that is exceeded",
  data: "enough traffic to judge by",
  proof: "enough evidence to promote",
};

/** What a step that has lasted its time still waits for; null for nothing. */
export function whatIsMissing(step: Step, verdict: Facts["verdict"]): Missing | null {
  if (verdict === null) return step.need === "no-alarm" ? null : "reading";
  if (verdict.verdict === "promote") return null;
  const isGate = ["judge.gate-exceeded", "judge.both-bad", "judge.alert-firing"].includes(verdict.reasonCode);
  if (isGate) return "gate";
  if (step.need === "no-alarm") return null;
  if (verdict.verdict !== "continue") return "data";
  return step.need === "proof" ? "proof" : null;
}
