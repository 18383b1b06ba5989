import type { Observation, RolloutRecord } from "@sluice/ports";
import { specOf } from "./abort.ts";
import { differingKeys } from "./configuration.ts";
import {
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
import { isSameRouting } from "./routing.ts";
import { isSameSplit, limitsOf, type RolloutSpec } from "./spec.ts";
import { recentlyTrusted } from "./window.ts";

/** Nothing is under way: begin, unless there is nothing to do. */
export function begin(spec: RolloutSpec, seen: Observation, facts: Facts, now: number): Decision {
  const { version, replicas } = spec.version;
  if (facts.cancel) return finish("cancelled", facts.cancel.reasonCode, facts.cancel.sentence);
  if (seen.stable !== version) {
    const back = facts.together?.back;
    if (back) return finish("cancelled", back.reasonCode, `${version} was not begun. ${back.sentence}`);
    const hasSteps = spec.strategy === "canary" || spec.strategy === "bluegreen";
    const shortcut = hasSteps ? recentlyTrusted(spec.rollbackWindow, seen, spec.version, now) : null;
    const record: RolloutRecord = {
      id: spec.id,
      from: seen.stable,
      to: version,
      strategy: spec.strategy,
      phase: "starting",
      step: 0,
      stepStartedAt: null,
      startedAt: now,
      ...(shortcut ? { shortcut } : {}),
    };
    // What was asked of an earlier rollout is not asked of this one.
    const clear = { type: "request", service: spec.service, request: null } as const;
    return act("the rollout to begin", {
      commands: [...(seen.request ? [clear] : []), { type: "record", service: spec.service, record }],
    });
  }
  const refused = refuseOther(spec, seen);
  if (refused) return refused;
  const running = versionIn(seen, version);
  if (!running || running.desired !== replicas)
    return act(`${replicas} replicas of ${version} to be started`, {
      commands: [
        { type: "ensure-version", service: spec.service, spec: spec.version, secrets: spec.secrets },
      ],
    });
  const ready = readyReplicas(running);
  if (ready < replicas) {
    const key = `ready-${version}-${replicas}`;
    if (waitedFor(facts, key, now) > 1000 * limitsOf(spec).startTimeoutSeconds)
      return finish(
        "failed",
        "deploy.unhealthy",
        `${ready} of ${replicas} replicas of ${version} are ready. ${reasonsOf(running)}`.trim(),
      );
    return wait(key, `${replicas} replicas of ${version} to be ready (${ready} are)`, 5);
  }
  if (!isSameSplit(seen.weights, { [version]: 100 }))
    return act(`${version} to have all of the traffic`, { weights: { [version]: 100 } });
  if (!isSameRouting(seen, null)) return act("requests to go by the weights alone", { routing: null });
  // Batches and the way back go by the number that the history knows.
  if (specOf(seen, version)?.replicas !== replicas)
    return act(`${replicas} replicas of ${version} to be remembered`, {
      commands: [{ type: "mark-stable", service: spec.service, version }],
    });
  return finish("succeeded", "deploy.unchanged", `${spec.service} runs ${version} already.`);
}

/**
 * Refuses what has the name of the trusted version and is made of something else or configured otherwise: it would
 * come to all users at once, unjudged. Null when it is the same, in whatever number, or another version is trusted.
 */
export function refuseOther(
  { service, version: wanted, lookedUp }: RolloutSpec,
  seen: Observation,
): Decision | null {
  const { version, artifact } = wanted;
  if (seen.stable !== version) return null;
  const trusted = specOf(seen, version);
  const digest = versionIn(seen, version)?.digest ?? trusted?.artifact.digest;
  if (digest !== undefined && digest !== artifact.digest)
    return finish(
      "failed",
      "deploy.digest-differs",
      `${service} runs ${version} already, but made of ${digest} and not of ${artifact.digest}; give the release a version of its own.`,
    );
  const keys = trusted ? differingKeys(trusted, wanted, lookedUp) : [];
  if (keys.length === 0) return null;
  return finish(
    "failed",
    "deploy.configuration-differs",
    `${service} runs ${version} already, in another configuration: ${keys.join(", ")} ${keys.length === 1 ? "differs" : "differ"}. Give the release a version of its own (\`--version\`, a new tag or commit), so that it is judged like any release.`,
  );
}
