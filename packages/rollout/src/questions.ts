import type { Clock } from "@sluice/ports";

/**
 * Questions that take their time, such as a test by a command of the project. While one is open the rollout goes on
 * looking: a version that dies, a verdict or a person must not wait for the end of a check.
 */
export class Questions<Question extends string> {
  private readonly clock: Clock;
  private readonly open = new Map<Question, { answer: Promise<void>; isAnswered: AbortSignal }>();
  private readonly drop = new AbortController();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Asks, unless it was asked already, and waits for the answer, but not longer than until the next look is due. */
  async ask(
    question: Question,
    put: (signal: AbortSignal) => Promise<void>,
    milliseconds: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (!this.open.has(question)) {
      const answered = new AbortController();
      const answer = put(this.drop.signal).finally(() => {
        this.open.delete(question);
        answered.abort();
      });
      // Where nobody waits for it any more nobody hears of it.
      answer.catch(() => {});
      this.open.set(question, { answer, isAnswered: answered.signal });
    }
    const { answer, isAnswered } = this.open.get(question)!;
    const wake = signal ? AbortSignal.any([isAnswered, signal]) : isAnswered;
    const look = this.clock.sleep(milliseconds, wake).catch((error: unknown) => {
      if (!wake.aborted) throw error;
    });
    await Promise.race([answer, look]);
  }

  /** Nobody wants to know any more: what is still being found out is ended. */
  end(): void {
    this.drop.abort(new Error("The rollout went another way."));
  }
}
