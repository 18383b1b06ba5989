import type { ServiceSettings } from "@sluice/config";
import type { Event, GuardEvidence, ReasonCode, Sample, Status, WatchDetails } from "@sluice/documents";
import type { Recheck } from "@sluice/journal";
import { advance, type JudgeState, nothing, observe, type Policy, start } from "@sluice/judge";
import { MetricsAway, type Observation } from "@sluice/ports";
import { AlertLookout, burnRates, type Reading } from "@sluice/rollout";
import type { Context } from "./context.ts";
import { objectiveOf, watchPolicyOf } from "./judge-policy.ts";
import { alertsOf, metricsOf } from "./measures.ts";
import { referenceOf } from "./reference.ts";
import { alertsBefore } from "./watched.ts";

/** What a look at a deployment some time after it has found. */
export interface LookedAgain {
  status: Extract<Status, "succeeded" | "failed" | "inconclusive">;
  reasonCode: ReasonCode;
  service: WatchDetails["services"][number];
}

/**
 * Reads what a service has answered since it was looked at last, twice with a pause between, and holds it against the
 * bounds of the configuration and the objective. The period is the time since the last reading in the journal; where
 * there is none, all that the version has answered. A bound counts when it is breached over the period and between the
 * two readings as well: trouble that is over is not mended by going back.
 */
export async function lookAgain(
  context: Context,
  settings: ServiceSettings,
  recheck: Recheck,
  events: readonly Event[],
  seen: Observation,
): Promise<LookedAgain> {
  const { clock, signal, environment, onProgress } = context;
  const name = recheck.service;
  const metrics = metricsOf(context, settings);
  const lookout = new AlertLookout(name, alertsOf(settings).alerts, onProgress);
  const earlier = samplesSince(events, recheck);
  const fresh: Sample[] = [];
  let away: string | null = null;
  for (const pause of [0, Math.min(60, 6 * environment.watch.interval)]) {
    await clock.sleep(1000 * pause, signal);
    try {
      const { canary } = await metrics.read(name, { canary: recheck.version, baseline: null }, signal);
      const t = Math.max(0, (clock.now() - recheck.deployedAt) / 1000);
      fresh.push({ t, weight: 100, canary, baseline: null, ...(await lookout.look(signal)) });
      await context.journal.measure({ type: "rollout.sample", service: name, data: fresh.at(-1)! });
    } catch (error) {
      if (!(error instanceof MetricsAway)) throw error;
      away = error.message;
    }
  }
  const said = (message: string, more: Partial<WatchDetails["services"][number]> = {}) => ({
    ...{ name, message, requests: 0, errors: 0, p99: null, guards: [] },
    ...more,
  });
  const last = fresh.at(-1);
  if (!last?.canary)
    return {
      status: "inconclusive",
      reasonCode: away ? "judge.metrics-away" : "judge.no-data",
      service: said(away ?? `There are no counters of ${recheck.version}.`),
    };
  const policy = watchPolicyOf(context, settings, referenceOf(events, name));
  const since = earlier.at(-1) ?? zero;
  const health = healthOf(seen, recheck.version);
  const alerts = alertsBefore(events, name);
  const before = alerts && { alerts };
  const period = judged(policy, [{ ...since, ...before }, last], health);
  const lately = judged(policy, [{ ...fresh[0]!, ...before }, last], health);
  const burns = burning(context, [...(earlier.length > 0 ? earlier : [zero]), ...fresh], policy);
  const both = period.guards.map((guard, i) => ({
    ...guard,
    isBreached: isOwnBreach(guard) && isOwnBreach(lately.guards[i]!),
  }));
  const guards = [...both, ...burns];
  // A bound of a metric of one's own has no step to hold any more; what calls a person takes nothing back.
  const bad = guards.find(({ band, isBreached }) => band !== "page" && isBreached);
  const { requests, errors } = period.state.sums.canary;
  const counted = { requests, errors, p99: period.p99, guards };
  const answered = `${errors} of ${requests} requests failed since ${new Date(recheck.deployedAt + 1000 * since.t).toISOString()}.`;
  if (!bad) return { status: "succeeded", reasonCode: "watch.quiet", service: said(answered, counted) };
  return {
    status: "failed",
    reasonCode: burns.includes(bad) ? "watch.burning" : "judge.guard-breached",
    service: said(
      `${bad.condition}: ${Number((bad.value ?? 0).toPrecision(3))} is measured. ${answered}`,
      counted,
    ),
  };
}

/** What was there before the release does not count as a breach in a row. */
const isOwnBreach = ({ isBreached, breachesInARow }: GuardEvidence) => isBreached && breachesInARow > 0;

/** Before its first request a version has answered nothing. */
const zero: Sample = { t: 0, weight: 100, canary: nothing, baseline: null };

/** Readings with all of the traffic that the watch and earlier re-checks have left in the journal; `t` counts from the deployment. */
function samplesSince(events: readonly Event[], { service, deployedAt }: Recheck): Sample[] {
  return events.flatMap((event) => {
    if (event.type !== "rollout.sample" || event.service !== service || event.data.weight !== 100) return [];
    const t = (Date.parse(event.at) - deployedAt) / 1000;
    return t > 0 && event.data.canary ? [{ ...event.data, t }] : [];
  });
}

function healthOf({ versions }: Observation, version: string): { ready: number; desired: number } {
  const running = versions.find((one) => one.version === version);
  return {
    ready: running?.replicas.filter(({ isReady }) => isReady).length ?? 0,
    desired: running?.desired ?? 0,
  };
}

/** One check over the whole of a period: it counts at once, there is no next one. */
function judged(
  { guards, ...policy }: Policy,
  [from, to]: [Sample, Sample],
  health: { ready: number; desired: number },
): { state: JudgeState; guards: GuardEvidence[]; p99: number | null } {
  const once: Policy = {
    ...policy,
    checkSeconds: 0.001,
    guards: guards.map((guard) => ({ ...guard, threshold: guard.threshold === null ? null : 1 })),
  };
  const context = { hasBaseline: false, health };
  const { state, verdict } = observe(advance(start(once), from, once, context), to, once, context);
  return {
    state,
    guards: verdict.evidence.guards,
    p99: verdict.evidence.canary?.p99 ?? null,
  };
}

/** The burn rates over everything that is known since the deployment. */
function burning(context: Context, samples: readonly Sample[], policy: Policy): GuardEvidence[] {
  const { objective } = objectiveOf(context);
  if (!objective) return [];
  const readings: Reading[] = [];
  let state = start(policy);
  for (const sample of samples) {
    state = advance(state, sample, policy);
    const { requests, errors } = state.sums.canary;
    readings.push({ t: sample.t, requests, errors });
  }
  return burnRates(readings, objective);
}
