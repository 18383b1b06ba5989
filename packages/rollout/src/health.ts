import type { Observation, RolloutRecord } from "@sluice/ports";
import {
  type Abort,
  type Facts,
  readyKey,
  readyReplicas,
  reasonsOf,
  unreadyKey,
  versionIn,
  waitedFor,
} from "./decision.ts";
import { limitsOf, type RolloutSpec, type Step } from "./spec.ts";

/** Restarts of one replica before it has any traffic, after which it is called crashed without waiting longer. */
const crashLoop = 3;

/** Why the new version cannot stay, as far as its replicas and its tests tell; null when they are well. */
export function whatIsWrong(
  spec: RolloutSpec,
  seen: Observation,
  record: RolloutRecord,
  steps: readonly Step[],
  facts: Facts,
  now: number,
): Abort | null {
  const { to } = record;
  const version = versionIn(seen, to);
  const hasTraffic = (seen.weights[to] ?? 0) > 0;
  const restarts = Math.max(0, ...(version?.replicas.map((replica) => replica.restarts) ?? []));
  const ready = readyReplicas(version);
  const reasons = facts.crashes[to] ?? reasonsOf(version);
  const because = reasons ? ` ${reasons.replace(/\.$/, "")}.` : "";

  if (facts.startFailure) return facts.startFailure;
  if (facts.switchTest?.isPassed === false)
    return { reasonCode: "deploy.test-failed", sentence: facts.switchTest.message };
  if (facts.stepCheck?.isPassed === false && facts.stepCheck.step === record.stepStartedAt)
    return { reasonCode: "deploy.check-failed", sentence: facts.stepCheck.message };
  const hasRequests = hasTraffic || seen.routing?.version === to;
  if (hasRequests && restarts > 0)
    return {
      reasonCode: "deploy.crashed",
      sentence: `A replica of ${to} died while it had ${hasTraffic ? "traffic" : "requests of testers, or copies of requests"}.${because}`,
    };
  // When nothing of the old version is ready either, it is the place that is ill and not the release: wait.
  const old = versionIn(seen, record.from);
  const isPlaceIll = old !== undefined && old.desired > 0 && readyReplicas(old) === 0;
  if (hasTraffic && ready === 0 && !isPlaceIll)
    return {
      reasonCode: "deploy.crashed",
      sentence: `No replica of ${to} is ready, and it has traffic.${because}`,
    };
  if (restarts >= crashLoop)
    return {
      reasonCode: "deploy.crashed",
      sentence: `${to} dies again and again: ${restarts} restarts before it was ready.${because}`,
    };

  const isReached = record.stepStartedAt !== null;
  const step = steps[Math.min(record.step, steps.length - 1)]!;
  const needed = step.replicas;
  const key = isReached ? unreadyKey(record) : readyKey(record);
  const limit = limitsOf(spec).startTimeoutSeconds;
  if (ready < needed && waitedFor(facts, key, now) > 1000 * limit)
    return {
      reasonCode: restarts > 0 ? "deploy.crashed" : "deploy.unhealthy",
      sentence: `${ready} of ${needed} replicas of ${to} became ready within ${limit} s.${because}`,
    };
  return null;
}
