import type { ReasonCode, Verdict } from "@sluice/documents";
import { type JudgeState, observe, type Policy, start } from "@sluice/judge";
import {
  type AlertSource,
  type MetricSource,
  MetricsAway,
  type Observation,
  type OperatorRequest,
} from "@sluice/ports";
import { AlertLookout } from "./alerts.ts";
import { burnRates, type Objective, type Reading } from "./burn-rate.ts";
import { readyReplicas, versionIn } from "./decision.ts";
import { askedFor, requestEvent } from "./operator.ts";
import type { WatchOptions } from "./watch.ts";

export interface WatchedService {
  name: string;
  version: string;
  /** Guards, and in `reference` what was measured before the release; the comparison of two versions is not used. */
  policy: Policy;
  /** Counters of the version, and what it says of itself; null where there are none: then only health decides. */
  metrics: MetricSource | null;
  /** Alerts that are looked at with every reading; absent where there are none. */
  alerts?: AlertSource;
  /** Alerts that fired before the release began, which are not its doing; absent: those of the first look. */
  alertsBefore?: readonly string[];
  /** What users are promised; without it only the guards decide. */
  objective?: Objective;
  /** The id by which a person's request names this watch; without it none is looked for. */
  requestId?: string;
}

/** What a watch knows of one of its services. */
export class Watched {
  readonly service: WatchedService;
  /** How it stands, in words. */
  message = "Nothing was read yet.";
  /** Why it is to go back; null while nothing is wrong. */
  breach: ReasonCode | null = null;
  /** What a person asked of this watch. */
  request: OperatorRequest | null = null;
  /** What was judged last; null before the first reading. */
  verdict: Verdict | null = null;
  /** There was something to go by: counters, or, where there are none to read, the replicas. */
  wasSeen = false;
  private state: JudgeState;
  /** Requests and errors at each reading, for the burn rate. */
  private readonly readings: Reading[] = [];
  private readonly options: WatchOptions;
  private readonly lookout: AlertLookout;

  constructor(service: WatchedService, options: WatchOptions) {
    this.service = service;
    this.options = options;
    this.lookout = new AlertLookout(service.name, service.alerts, options.onProgress);
    const state = start(service.policy);
    const before = service.alertsBefore;
    this.state = before ? { ...state, now: { ...state.now, alerts: { firing: before, before } } } : state;
  }

  /** Requests and errors since the watch began. */
  get counted(): { requests: number; errors: number } {
    const { requests, errors } = this.state.sums.canary;
    return { requests, errors };
  }

  /** @param t seconds since the watch began */
  async look(t: number): Promise<void> {
    const { name, version, metrics } = this.service;
    const seen = await this.options.target.observe(name);
    if (await this.isAsked(seen)) return;
    const running = versionIn(seen, version);
    const health = { ready: readyReplicas(running), desired: running?.desired ?? 0 };
    if (health.desired > 0 && health.ready === 0) {
      this.breach = "deploy.unhealthy";
      this.message = `No replica of ${version} is ready.`;
      return;
    }
    if (!metrics) {
      this.wasSeen = true;
      this.message = `${health.ready} of ${health.desired} replicas are ready; there are no metrics to watch.`;
      return;
    }
    try {
      await this.read(metrics, t, health);
    } catch (error) {
      if (this.options.signal?.aborted) return;
      if (!(error instanceof MetricsAway)) throw error;
      this.message = error.message;
      this.options.onProgress?.({ type: "warning", service: name, text: error.message });
    }
  }

  private async read(
    metrics: MetricSource,
    t: number,
    health: { ready: number; desired: number },
  ): Promise<void> {
    const { service, options } = this;
    const versions = { canary: service.version, baseline: null };
    const { canary } = await metrics.read(service.name, versions, options.signal);
    const sample = { t, weight: 100, canary, baseline: null, ...(await this.lookout.look(options.signal)) };
    const context = { hasBaseline: false, health };
    const { state, verdict } = observe(this.state, sample, service.policy, context);
    this.state = state;
    this.wasSeen = true;
    const { requests, errors } = this.counted;
    this.readings.push({ t, requests, errors });
    this.judge(verdict, `${errors} of ${requests} requests failed.`);
    const at = new Date(options.clock.now()).toISOString();
    await options.record({ type: "rollout.sample", at, service: service.name, data: sample });
  }

  /** Puts the budget of the objective beside what the judge says. */
  private judge(said: Verdict, counted: string): void {
    const { objective } = this.service;
    const burns = objective ? burnRates(this.readings, objective) : [];
    const burning = burns.find(({ band, isBreached }) => band === "rollback" && isBreached);
    const evidence = {
      ...said.evidence,
      guards: [...said.evidence.guards, ...burns],
      decidedBy: said.evidence.decidedBy ?? burning?.condition ?? null,
    };
    const isBad = said.verdict === "rollback";
    this.message = isBad
      ? said.sentence
      : burning
        ? `${counted} The ${burning.condition}: ${times(burning.value)} at present.`
        : counted;
    if (isBad || !burning) this.verdict = { ...said, evidence };
    else
      this.verdict = {
        ...said,
        evidence,
        verdict: "rollback",
        reasonCode: "watch.burning",
        sentence: this.message,
      };
    this.breach = this.verdict.verdict === "rollback" ? this.verdict.reasonCode : null;
  }

  /** Whether a person has asked this watch to end; the request is done with then. */
  private async isAsked({ request }: Observation): Promise<boolean> {
    const { name, version, requestId } = this.service;
    if (!request || requestId === undefined || request.rollout !== requestId) return false;
    const isAbort = request.kind === "abort";
    this.request = request;
    this.wasSeen = true;
    this.breach = isAbort ? "deploy.aborted" : null;
    this.message = askedFor(
      request,
      isAbort ? `for the version before ${version} back` : "for the watch to end",
    );
    const at = new Date(this.options.clock.now()).toISOString();
    await this.options.record(requestEvent(name, at, { request, isObeyed: true, summary: this.message }));
    await this.options.target.apply({ type: "request", service: name, request: null });
    return true;
  }
}

const times = (value: number | null): string => `${Number((value ?? 0).toPrecision(3))}x`;
