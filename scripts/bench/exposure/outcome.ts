import type { Sample } from "../../../packages/documents/src/index.ts";
import type { Rule } from "./rules.ts";

/** What a rule did with one release. */
export interface Outcome {
  rule: string;
  /** `rolled back` with what decided, `promoted`, or how else it ended. */
  end: string;
  /** Seconds from the first share of the traffic to the decision; null when it was never rolled back. */
  seconds: number | null;
  /** Bad answers that the new version gave until then. */
  bad: number;
  /** Share of the traffic times time, until then. */
  percentMinutes: number;
}

/** Follows what one rule would have done with the samples that all of them read. */
export class Follower {
  readonly rule: Rule;
  outcome: Outcome | null = null;
  #bad = 0;
  #percentSeconds = 0;

  constructor(rule: Rule) {
    this.rule = rule;
  }

  /**
   * Takes the newest sample. While a rule holds a lower weight than the schedule has, it is given the bad answers
   * in proportion: the counters show what the weight of the schedule brought.
   */
  take(samples: readonly Sample[]): void {
    if (this.outcome) return;
    const tick = samples.length - 1;
    const now = samples[tick]!;
    const before = samples[tick - 1];
    if (before) {
      const own = this.rule.weight(tick - 1);
      const errors = (now.canary?.errors ?? 0) - (before.canary?.errors ?? 0);
      this.#bad += (errors * own) / before.weight;
      this.#percentSeconds += own * (now.t - before.t);
    }
    if (this.rule.read(samples)) this.#end(`rolled back: ${this.rule.because()}`, now.t);
  }

  /** The steps are over. */
  finish(): Outcome {
    if (!this.outcome) this.#end(this.rule.end(), null);
    return this.outcome!;
  }

  #end(end: string, seconds: number | null): void {
    const percentMinutes = this.#percentSeconds / 60;
    this.outcome = { rule: this.rule.name, end, seconds, bad: Math.round(this.#bad), percentMinutes };
  }
}
