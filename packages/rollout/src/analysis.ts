import { type Sample, type Verdict, withoutSchema } from "@sluice/documents";
import { advance, conclude, type JudgeState, judgeAway, observe, type Policy, start } from "@sluice/judge";
import { MetricsAway, type Observation, type RolloutRecord } from "@sluice/ports";
import { AlertLookout } from "./alerts.ts";
import { readyReplicas, versionIn } from "./decision.ts";
import type { Engine } from "./engine.ts";
import type { RolloutOptions } from "./options.ts";

/** Reads the counters while a step has its weight, and asks the judge what they mean. */
export class Analysis {
  /** Requests per second of each version over the last interval. */
  rates: Record<string, number> = {};
  private readonly options: RolloutOptions;
  private readonly engine: Engine;
  private readonly policy: Policy;
  private state: JudgeState;
  private lastAt: number | null = null;
  private weight = -1;
  private away: string | null = null;
  private readonly lookout: AlertLookout;

  constructor(options: RolloutOptions, engine: Engine, policy: Policy) {
    this.options = options;
    this.engine = engine;
    this.policy = policy;
    this.lookout = new AlertLookout(options.spec.service, options.alerts, options.onProgress);
    this.state = (options.samples ?? []).reduce((so, sample) => advance(so, sample, policy), start(policy));
  }

  /** Seconds until the next reading. */
  get dueSeconds(): number {
    const interval = this.options.sampleSeconds ?? 10;
    return this.lastAt === null ? 0 : Math.max(0, interval - (this.options.clock.now() - this.lastAt) / 1000);
  }

  /** Requests of the new version, as far as they were seen. */
  get canary(): { requests: number; errors: number } | null {
    const { requests, errors } = this.state.sums.canary;
    return this.state.canary ? { requests, errors } : null;
  }

  /** The verdict when there is no more time. */
  final(): Verdict {
    return this.away === null
      ? conclude(this.state, this.policy, { mustDecide: true })
      : judgeAway(this.state, this.policy, this.away, true);
  }

  /** Takes a reading when one is due, or at once when the weight has changed. */
  async attend(seen: Observation, record: RolloutRecord): Promise<void> {
    const { options, engine } = this;
    const weight = seen.weights[record.to] ?? 0;
    if (weight <= 0 || record.stepStartedAt === null) return;
    if (weight === this.weight && this.dueSeconds > 0) return;
    this.lastAt = options.clock.now();
    this.weight = weight;
    const at = () => new Date(options.clock.now()).toISOString();
    const { service } = options.spec;
    try {
      const versions = { canary: record.to, baseline: record.from };
      const reading = await options.metrics!.read(service, versions, options.signal);
      const canary = versionIn(seen, record.to);
      const sample: Sample = {
        t: Math.max(0, (reading.at - record.startedAt) / 1000),
        weight,
        canary: reading.canary,
        baseline: reading.baseline,
        replicas: {
          ready: readyReplicas(canary),
          desired: canary?.desired ?? 0,
          restarts: Math.max(0, ...(canary?.replicas.map(({ restarts }) => restarts) ?? [])),
        },
        ...(await this.lookout.look(options.signal)),
      };
      this.noteRates(record, sample.t, reading);
      const verdict = this.take(sample);
      this.away = null;
      engine.facts.isMetricsAway = false;
      engine.facts.verdict = verdict;
      await engine.journal({ type: "rollout.sample", at: at(), service, data: sample });
      await engine.journal({ type: "rollout.verdict", at: at(), service, data: withoutSchema(verdict) });
    } catch (error) {
      if (options.signal?.aborted) return;
      if (!(error instanceof MetricsAway)) throw error;
      if (this.away === null) {
        const verdict = judgeAway(this.state, this.policy, error.message, false);
        options.onProgress?.({ type: "warning", service, text: verdict.sentence });
        await engine.journal({ type: "rollout.verdict", at: at(), service, data: withoutSchema(verdict) });
      }
      this.away = error.message;
      engine.facts.isMetricsAway = true;
    }
  }

  /** What the judge knows of a moment is all in the sample, so that a later replay says the same. */
  private take(sample: Sample) {
    const { state, verdict } = observe(this.state, sample, this.policy);
    this.state = state;
    return verdict;
  }

  private noteRates(
    record: RolloutRecord,
    t: number,
    reading: { canary: { requests: number } | null; baseline: { requests: number } | null },
  ): void {
    const seconds = this.state.t === null ? 0 : t - this.state.t;
    if (seconds <= 0) return;
    const rate = (before: { requests: number } | null, after: { requests: number } | null) =>
      before && after ? Math.max(0, after.requests - before.requests) / seconds : 0;
    this.rates = { [record.to]: rate(this.state.canary, reading.canary) };
    if (record.from !== null) this.rates[record.from] = rate(this.state.baseline, reading.baseline);
  }
}
