import { Refusal } from "@sluice/documents";
import type { Command, Observation } from "@sluice/ports";
import type { Abort, Decision, Facts, Outcome } from "./decision.ts";
import type { Answer } from "./operator.ts";
import type { RolloutEvent, Surroundings } from "./options.ts";
import { Questions } from "./questions.ts";

/** Seconds after which the same order is given again when the target does not show that it was followed. */
const patience = 10;

type Question = NonNullable<Decision["ask"]>;

/** What happens between two looks at the target; each part may be left out. */
export interface Attendance {
  /** Called with what was seen, before anything is decided. */
  observe?: (seen: Observation) => Promise<void>;
  /** Called with what was decided, before it is done. */
  decided?: (seen: Observation, decision: Decision) => void;
  /** Called before something is done that a person asked for, or is not. */
  answered?: (answer: Answer) => Promise<void>;
  /** Answers what a decision asks; looking goes on meanwhile. The signal is aborted when nobody wants to know any more. */
  ask?: (question: Question, seen: Observation, signal: AbortSignal) => Promise<void>;
  /** A command that the target refused; true when that was taken into account. */
  refused?: (command: Command, refusal: Refusal) => boolean;
  /** Seconds until somebody wants to look again, whatever is waited for. */
  nextLookSeconds?: () => number;
  /** Aborted when there is a reason to look again at once; undefined when that was noticed. */
  wake?: () => AbortSignal | undefined;
}

/** One call of the target or the router. */
interface Call {
  make: () => Promise<void>;
  command?: Command;
}

/** Seconds between two looks where nothing else is said: short beside a drain, and little to ask of any target. */
export const defaultPollSeconds = 0.25;

/** The hands of a rollout: looks, does what was decided, waits, and looks again until there is an outcome. */
export class Engine {
  readonly facts: Facts;
  private readonly service: string;
  private readonly around: Surroundings;
  /** Seconds between two looks while something is awaited. */
  readonly pollSeconds: number;
  /** The last order and the last weights, and when they were given. */
  private last: { order: string; at: number } | null = null;
  private lastWeights: { order: string; at: number } | null = null;
  private readonly replicas = new Map<string, { restarts: number; reason: string | undefined }>();
  private readonly questions: Questions<Question>;
  private journalIsBroken = false;

  constructor(service: string, around: Surroundings, isJudged: boolean) {
    this.service = service;
    this.around = around;
    this.questions = new Questions(around.clock);
    this.pollSeconds = around.pollSeconds ?? defaultPollSeconds;
    this.facts = {
      verdict: null,
      isJudged,
      cancel: null,
      verification: null,
      startFailure: null,
      isMetricsAway: false,
      waiting: null,
      asked: null,
      crashes: {},
      runSince: around.clock.now(),
    };
  }

  /** The target as it is, with the weights and the routing that the data plane really has. */
  look(): Promise<Observation> {
    return this.around.target.observe(this.service);
  }

  async run(
    decide: (seen: Observation, facts: Facts, now: number) => Decision,
    attend: Attendance,
  ): Promise<Outcome> {
    try {
      return await this.loop(decide, attend);
    } finally {
      this.questions.end();
    }
  }

  private async loop(
    decide: (seen: Observation, facts: Facts, now: number) => Decision,
    attend: Attendance,
  ): Promise<Outcome> {
    for (;;) {
      this.noticeSignal();
      const seen = await this.look();
      this.noteCrashes(seen);
      await attend.observe?.(seen);
      this.noticeSignal();
      const decision = decide(seen, this.facts, this.around.clock.now());
      this.noteWait(decision);
      attend.decided?.(seen, decision);
      if (decision.ask) {
        await this.ask(decision.ask, seen, attend);
        continue;
      }
      if (decision.answer) await attend.answered?.(decision.answer);
      const isIdle = decision.commands.length === 0 && !decision.weights && decision.routing === undefined;
      // What was decided before the run was stopped is not done any more: the next decision knows about it.
      if (!isIdle && !(await this.perform(decision, attend))) continue;
      if (decision.outcome) return decision.outcome;
      if (isIdle)
        await this.pause(
          Math.min(decision.waitSeconds, attend.nextLookSeconds?.() ?? this.pollSeconds),
          attend.wake?.(),
        );
    }
  }

  /** Asks what takes its time, and looks again when it is answered or the next look is due, whatever comes first. */
  private async ask(question: Question, seen: Observation, attend: Attendance): Promise<void> {
    const isStopping = this.facts.cancel !== null;
    const seconds = Math.min(this.pollSeconds, attend.nextLookSeconds?.() ?? this.pollSeconds);
    await this.questions.ask(
      question,
      async (signal) => attend.ask?.(question, seen, signal),
      Math.max(1, Math.round(1000 * seconds)),
      isStopping ? undefined : this.around.signal,
    );
  }

  /** Writes to the journal; when that fails, the rollout is to be turned round and nothing more is written. */
  async journal(event: RolloutEvent): Promise<void> {
    if (this.journalIsBroken) return;
    try {
      await this.around.record(event);
    } catch (error) {
      this.journalIsBroken = true;
      this.cancel({
        reasonCode: error instanceof Refusal ? error.reasonCode : "run.journal-unwritable",
        sentence: `The journal cannot be written: ${error instanceof Error ? error.message : error}`,
      });
    }
  }

  cancel(abort: Abort): void {
    this.facts.cancel ??= abort;
  }

  private noticeSignal(): void {
    if (this.around.signal?.aborted)
      this.cancel({ reasonCode: "deploy.cancelled", sentence: "The run was stopped from outside." });
  }

  /** A replica that runs again has forgotten why it ended; what it said in the look before is kept. */
  private noteCrashes(seen: Observation): void {
    for (const { version, replicas } of seen.versions)
      for (const { id, restarts, reason } of replicas) {
        const before = this.replicas.get(id);
        if (before?.reason && restarts > before.restarts) this.facts.crashes[version] = before.reason;
        this.replicas.set(id, { restarts, reason });
      }
  }

  private noteWait(decision: Decision): void {
    if (this.facts.waiting?.key === decision.waitKey) return;
    this.facts.waiting = { key: decision.waitKey, since: this.around.clock.now() };
  }

  /** Does what was decided. False when the run was stopped meanwhile, or the target refused: decide again then. */
  private async perform(decision: Decision, attend: Attendance): Promise<boolean> {
    const now = this.around.clock.now();
    const { commands, weights, routing } = decision;
    const order = JSON.stringify([commands, weights, routing]);
    const isRepeated = this.last?.order === order && now - this.last.at < 1000 * patience;
    const hasOnlyWeights = commands.length === 0 && routing === undefined;
    const isSent = hasOnlyWeights && JSON.stringify(weights) === this.lastWeights?.order;
    if (isRepeated || (isSent && now - this.lastWeights!.at < 1000 * patience)) {
      await this.pause(this.pollSeconds);
      return true;
    }
    this.last = { order, at: now };
    for (const call of this.callsOf(decision)) {
      if (this.isStoppedUnnoticed) {
        this.last = null;
        return false;
      }
      await this.around.fence?.();
      try {
        await call.make();
      } catch (error) {
        const { command } = call;
        if (command && error instanceof Refusal && attend.refused?.(command, error)) return false;
        throw error;
      }
    }
    return true;
  }

  /** What a decision asks of the target and the router, in its order. */
  private callsOf({ commands, weights, routing, isUrgent }: Decision): Call[] {
    const { target, router } = this.around;
    const route = weights ? [{ make: () => this.route(weights) }] : [];
    return [
      ...(routing === undefined ? [] : [{ make: () => router.setRouting(this.service, routing) }]),
      ...(isUrgent ? route : []),
      ...commands.map((command) => ({ make: () => target.apply(command), command })),
      ...(isUrgent ? [] : route),
    ];
  }

  /** The run was stopped after the decision that is being carried out. */
  private get isStoppedUnnoticed(): boolean {
    return this.around.signal?.aborted === true && this.facts.cancel === null;
  }

  private async route(weights: Record<string, number>): Promise<void> {
    await this.around.router.setWeights(this.service, weights);
    this.facts.asked = weights;
    this.lastWeights = { order: JSON.stringify(weights), at: this.around.clock.now() };
  }

  /** Waits; a signal ends the wait and is noticed by the next look. After it was noticed, waits are short and whole. */
  private async pause(seconds: number, wake?: AbortSignal): Promise<void> {
    const { clock } = this.around;
    const signals = [this.around.signal, wake].filter((one) => one !== undefined);
    const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    const isStopping = this.facts.cancel !== null;
    const milliseconds = Math.max(1, Math.round(1000 * (isStopping ? Math.min(seconds, 0.1) : seconds)));
    try {
      await clock.sleep(milliseconds, isStopping ? undefined : signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }
}
