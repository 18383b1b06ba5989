import type { GuardEvidence, ReasonCode, Status, WatchDetails } from "@sluice/documents";
import { type JudgeState, observe, type Policy, start } from "@sluice/judge";
import { type Clock, type MetricSource, MetricsAway, type OnProgress, type Target } from "@sluice/ports";
import { readyReplicas, versionIn } from "./decision.ts";
import type { RolloutEvent } from "./options.ts";

export interface WatchedService {
  name: string;
  version: string;
  /** Guards, and in `reference` what was measured before the release; the comparison of two versions is not used. */
  policy: Policy;
}

export interface WatchOptions {
  services: readonly WatchedService[];
  /** How long to watch. */
  seconds: number;
  /** Between two readings. */
  sampleSeconds: number;
  target: Target;
  metrics: MetricSource | null;
  clock: Clock;
  record: (event: RolloutEvent) => Promise<void> | void;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

export interface WatchOutcome {
  status: Extract<Status, "succeeded" | "failed" | "cancelled" | "inconclusive">;
  reasonCode: ReasonCode;
  summary: string;
  /** Services whose guards ended the watch; these are to be rolled back. */
  breached: string[];
  details: WatchDetails;
}

interface Watched {
  service: WatchedService;
  state: JudgeState;
  guards: GuardEvidence[];
  message: string;
  isBreached: boolean;
  p99: number | null;
  readings: number;
}

/**
 * Watches services that have all of their traffic. There is no old version to compare with any more, so the bounds
 * of the configuration decide, and increases over what was measured before the release. Ends at the first breach.
 *
 * Metrics that cannot be read end nothing; when a service could never be read the watch was `inconclusive`.
 */
export async function watchServices(options: WatchOptions): Promise<WatchOutcome> {
  const { clock, signal } = options;
  const begunAt = clock.now();
  const elapsed = () => (clock.now() - begunAt) / 1000;
  const watched = options.services.map(
    (service): Watched => ({
      service,
      state: start(service.policy),
      guards: [],
      message: "Nothing was read yet.",
      isBreached: false,
      p99: null,
      readings: 0,
    }),
  );
  for (;;) {
    for (const one of watched) if (!signal?.aborted) await look(options, one, elapsed());
    const remaining = options.seconds - elapsed();
    if (signal?.aborted || remaining <= 0 || watched.some((one) => one.isBreached)) break;
    options.onProgress?.({
      type: "message",
      text: `watching ${watched.map((one) => one.service.name).join(", ")} for ${Math.ceil(remaining)} s more`,
    });
    try {
      await clock.sleep(1000 * Math.min(options.sampleSeconds, remaining), signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }
  return outcomeOf(watched, elapsed(), signal?.aborted === true);
}

async function look(options: WatchOptions, one: Watched, t: number): Promise<void> {
  const { name, version, policy } = one.service;
  const seen = await options.target.observe(name);
  const running = versionIn(seen, version);
  const health = { ready: readyReplicas(running), desired: running?.desired ?? 0 };
  if (health.desired > 0 && health.ready === 0) {
    one.isBreached = true;
    one.message = `No replica of ${version} is ready.`;
    return;
  }
  if (!options.metrics) {
    one.readings++;
    one.message = `${health.ready} of ${health.desired} replicas are ready; there are no metrics to watch.`;
    return;
  }
  try {
    const reading = await options.metrics.read(name, { canary: version, baseline: null }, options.signal);
    const sample = { t, weight: 100, canary: reading.canary, baseline: null };
    const { state, verdict } = observe(one.state, sample, policy, { hasBaseline: false, health });
    one.state = state;
    one.readings++;
    one.guards = verdict.evidence.guards;
    one.p99 = verdict.evidence.canary?.p99 ?? null;
    one.isBreached = verdict.verdict === "rollback";
    const { requests, errors } = state.sums.canary;
    one.message = one.isBreached ? verdict.sentence : `${errors} of ${requests} requests failed.`;
    const at = new Date(options.clock.now()).toISOString();
    await options.record({ type: "rollout.sample", at, service: name, data: sample });
  } catch (error) {
    if (options.signal?.aborted) return;
    if (!(error instanceof MetricsAway)) throw error;
    one.message = error.message;
    options.onProgress?.({ type: "warning", service: name, text: error.message });
  }
}

function outcomeOf(watched: readonly Watched[], seconds: number, isAborted: boolean): WatchOutcome {
  const details: WatchDetails = {
    stage: "watch",
    seconds,
    services: watched.map(({ service, state, guards, message, p99 }) => ({
      name: service.name,
      message,
      requests: state.sums.canary.requests,
      errors: state.sums.canary.errors,
      p99,
      guards,
    })),
  };
  const breached = watched.filter((one) => one.isBreached);
  const names = breached.map((one) => one.service.name);
  if (breached.length)
    return {
      status: "failed",
      reasonCode: "judge.guard-breached",
      summary: breached.map((one) => `${one.service.name}: ${one.message}`).join(" "),
      breached: names,
      details,
    };
  if (isAborted)
    return {
      status: "cancelled",
      reasonCode: "run.cancelled",
      summary: `The watch was stopped after ${Math.round(seconds)} s.`,
      breached: [],
      details,
    };
  const unread = watched.filter((one) => one.readings === 0);
  if (unread.length)
    return {
      status: "inconclusive",
      reasonCode: "judge.metrics-away",
      summary: `The metrics of ${unread.map((one) => one.service.name).join(", ")} could not be read once.`,
      breached: [],
      details,
    };
  return {
    status: "succeeded",
    reasonCode: "verify.passed",
    summary: `Nothing was wrong for ${Math.round(seconds)} s.`,
    breached: [],
    details,
  };
}
