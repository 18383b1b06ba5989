import type { GuardEvidence, ReasonCode, Status, Verdict, WatchDetails } from "@sluice/documents";
import { type JudgeState, observe, type Policy, start } from "@sluice/judge";
import {
  type Clock,
  type MetricSource,
  MetricsAway,
  type Observation,
  type OnProgress,
  type OperatorRequest,
  type Target,
} from "@sluice/ports";
import { burnRates, type Objective, type Reading } from "./burn-rate.ts";
import { readyReplicas, versionIn } from "./decision.ts";
import type { RolloutEvent } from "./options.ts";

export interface WatchedService {
  name: string;
  version: string;
  /** Guards, and in `reference` what was measured before the release; the comparison of two versions is not used. */
  policy: Policy;
  /** What users are promised; without it only the guards decide. */
  objective?: Objective;
  /** The id by which a person's request names this watch; without it none is looked for. */
  requestId?: string;
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
  /** Asked before each look: why the watch has no sense any more, as somebody else changes the services; null otherwise. */
  isOverBecause?: () => Promise<string | null>;
}

export interface WatchOutcome {
  status: Extract<Status, "succeeded" | "failed" | "cancelled" | "inconclusive">;
  reasonCode: ReasonCode;
  summary: string;
  /** Services whose guards ended the watch; these are to be rolled back. */
  breached: string[];
  /** What was judged last, by service; of a breach the verdict that names it. */
  verdicts: Record<string, Verdict>;
  /** What a person has asked for, where that ended the watch. */
  endedBy: OperatorRequest["kind"] | null;
  details: WatchDetails;
}

interface Watched {
  service: WatchedService;
  state: JudgeState;
  guards: GuardEvidence[];
  message: string;
  isBreached: boolean;
  p99: number | null;
  /** Requests and errors at each reading, for the burn rate. */
  readings: Reading[];
  looks: number;
  verdict: Verdict | null;
  reasonCode: ReasonCode;
  /** What a person asked of this watch. */
  request: OperatorRequest | null;
}

/**
 * Watches services that have all of their traffic. There is no old version to compare with any more, so the bounds
 * of the configuration decide, increases over what was measured before the release, and how fast the errors use up what
 * the objective leaves. Ends at the first breach. A person may end it too: an `abort` is a breach, anything else is not.
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
      readings: [],
      looks: 0,
      verdict: null,
      reasonCode: "judge.guard-breached",
      request: null,
    }),
  );
  let over: string | null = null;
  for (;;) {
    for (const one of watched) if (!signal?.aborted) await look(options, one, elapsed());
    const remaining = options.seconds - elapsed();
    if (signal?.aborted || remaining <= 0 || watched.some((one) => one.isBreached || one.request)) break;
    over = (await options.isOverBecause?.()) ?? null;
    if (over !== null) break;
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
  return outcomeOf(watched, elapsed(), signal?.aborted === true, over);
}

async function look(options: WatchOptions, one: Watched, t: number): Promise<void> {
  const { name, version, policy } = one.service;
  const seen = await options.target.observe(name);
  if (await isAsked(options, one, seen)) return;
  const running = versionIn(seen, version);
  const health = { ready: readyReplicas(running), desired: running?.desired ?? 0 };
  if (health.desired > 0 && health.ready === 0) {
    one.isBreached = true;
    one.message = `No replica of ${version} is ready.`;
    one.reasonCode = "deploy.unhealthy";
    return;
  }
  if (!options.metrics) {
    one.looks++;
    one.message = `${health.ready} of ${health.desired} replicas are ready; there are no metrics to watch.`;
    return;
  }
  try {
    const reading = await options.metrics.read(name, { canary: version, baseline: null }, options.signal);
    const sample = { t, weight: 100, canary: reading.canary, baseline: null };
    const { state, verdict } = observe(one.state, sample, policy, { hasBaseline: false, health });
    one.state = state;
    one.looks++;
    const { requests, errors } = state.sums.canary;
    one.readings.push({ t, requests, errors });
    const burns = one.service.objective ? burnRates(one.readings, one.service.objective) : [];
    const burning = burns.find(({ band, isBreached }) => band === "rollback" && isBreached);
    const guards = [...verdict.evidence.guards, ...burns];
    one.guards = guards;
    one.p99 = verdict.evidence.canary?.p99 ?? null;
    one.isBreached = verdict.verdict === "rollback" || burning !== undefined;
    one.message = `${errors} of ${requests} requests failed.`;
    if (verdict.verdict === "rollback") one.message = verdict.sentence;
    else if (burning) {
      one.message = `${one.message} The ${burning.condition}: ${times(burning.value)} at present.`;
      one.reasonCode = "watch.burning";
    }
    one.verdict = {
      ...verdict,
      ...(burning && verdict.verdict !== "rollback"
        ? { verdict: "rollback" as const, reasonCode: one.reasonCode, sentence: one.message }
        : {}),
      evidence: {
        ...verdict.evidence,
        guards,
        decidedBy: verdict.evidence.decidedBy ?? burning?.condition ?? null,
      },
    };
    const at = new Date(options.clock.now()).toISOString();
    await options.record({ type: "rollout.sample", at, service: name, data: sample });
  } catch (error) {
    if (options.signal?.aborted) return;
    if (!(error instanceof MetricsAway)) throw error;
    one.message = error.message;
    options.onProgress?.({ type: "warning", service: name, text: error.message });
  }
}

const times = (value: number | null): string => `${Number((value ?? 0).toPrecision(3))}x`;

/** Whether a person has asked this watch to end; the request is done with then. */
async function isAsked(options: WatchOptions, one: Watched, seen: Observation): Promise<boolean> {
  const { request } = seen;
  const { name, version, requestId } = one.service;
  if (!request || requestId === undefined || request.rollout !== requestId) return false;
  const { kind, by, at, reason } = request;
  one.request = request;
  one.looks++;
  one.isBreached = kind === "abort";
  one.message = `${by} asked ${kind === "abort" ? `for the version before ${version} back` : "for the watch to end"}${reason ? `: ${reason.replace(/\.$/, "")}` : ""}.`;
  one.reasonCode = kind === "abort" ? "deploy.aborted" : "watch.ended-by-request";
  await options.record({
    type: "rollout.request",
    at: new Date(options.clock.now()).toISOString(),
    service: name,
    data: {
      ...{ kind, by, askedAt: new Date(at).toISOString(), obeyed: true, summary: one.message },
      ...(reason ? { reason } : {}),
    },
  });
  await options.target.apply({ type: "request", service: name, request: null });
  return true;
}

function outcomeOf(
  watched: readonly Watched[],
  seconds: number,
  isAborted: boolean,
  over: string | null,
): WatchOutcome {
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
  const endedBy = watched.find((one) => one.request)?.request?.kind ?? null;
  const breached = watched.filter((one) => one.isBreached);
  const names = breached.map((one) => one.service.name);
  const verdicts = Object.fromEntries(
    watched.flatMap(({ service, verdict }) => (verdict ? [[service.name, verdict]] : [])),
  );
  if (breached.length)
    return {
      status: "failed",
      reasonCode: breached[0]!.reasonCode,
      summary: breached.map((one) => `${one.service.name}: ${one.message}`).join(" "),
      breached: names,
      verdicts,
      endedBy,
      details,
    };
  if (isAborted)
    return {
      status: "cancelled",
      reasonCode: "run.cancelled",
      summary: `The watch was stopped after ${Math.round(seconds)} s.`,
      breached: [],
      verdicts,
      endedBy,
      details,
    };
  const asked = watched.find((one) => one.request);
  if (asked || over !== null)
    return {
      status: "succeeded",
      reasonCode: asked ? "watch.ended-by-request" : "watch.quiet",
      summary: `The watch ended after ${Math.round(seconds)} s, and nothing was wrong until then. ${asked?.message ?? over}`,
      breached: [],
      verdicts,
      endedBy,
      details,
    };
  const unread = watched.filter((one) => one.looks === 0);
  if (unread.length)
    return {
      status: "inconclusive",
      reasonCode: "judge.metrics-away",
      summary: `The metrics of ${unread.map((one) => one.service.name).join(", ")} could not be read once.`,
      breached: [],
      verdicts,
      endedBy,
      details,
    };
  return {
    status: "succeeded",
    reasonCode: "watch.quiet",
    summary: `Nothing was wrong for ${Math.round(seconds)} s.`,
    breached: [],
    verdicts,
    endedBy,
    details,
  };
}
