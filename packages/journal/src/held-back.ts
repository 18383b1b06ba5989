import type { Event, NewEvent } from "@sluice/documents";

/** Kinds of events that are measurements: they explain a decision, and no other run decides on them. */
export const measurements = ["rollout.sample", "rollout.verdict", "verify.check"] as const;
export type MeasurementKind = (typeof measurements)[number];

export const isMeasurement = <E extends { type: string }>(
  entry: E,
): entry is Extract<E, { type: MeasurementKind }> => (measurements as readonly string[]).includes(entry.type);

/**
 * Measurements that wait to be written together with the next event, in the order in which they were made.
 *
 * What waits when the process is killed is lost. That may only ever be measurements: a run that resumes the rollout
 * then judges on those that were written, which is less evidence and never wrong evidence.
 */
export class HeldBack {
  private readonly waiting: NewEvent[] = [];
  /** An attempt whose outcome is unknown: the sequence after which its first event would be, and that event. */
  private unclear: { after: number; first: NewEvent; count: number } | null = null;

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  add(event: NewEvent): void {
    this.waiting.push(event);
  }

  /** Forgets what waits: the writer has lost its right to write. */
  clear(): void {
    this.waiting.length = 0;
  }

  /** Seconds that the oldest has waited; 0 when nothing waits. @param now milliseconds since 1970 */
  waitedSeconds(now: number): number {
    const [oldest] = this.waiting;
    return oldest ? (now - Date.parse(oldest.at)) / 1000 : 0;
  }

  /**
   * Writes what waits and then `events`, all or nothing.
   *
   * @param known the journal as it was read for this decision; its last entry is where the writing goes on
   * @returns what was stored of `events`, or `"conflict"`; what waits is kept unless it was stored
   */
  async writeWith(
    events: readonly NewEvent[],
    known: readonly Event[],
    append: (events: readonly NewEvent[], after: number) => Promise<readonly Event[] | "conflict">,
  ): Promise<readonly Event[] | "conflict"> {
    this.settle(known);
    const count = this.waiting.length;
    const batch = [...this.waiting, ...events];
    if (batch.length === 0) return [];
    const after = known.at(-1)?.sequence ?? 0;
    this.unclear = { after, first: batch[0]!, count };
    const stored = await append(batch, after);
    this.unclear = null;
    if (stored === "conflict") return stored;
    this.waiting.splice(0, count);
    return stored.slice(count);
  }

  /** A write that failed may have happened, with only its answer lost: then what it wrote waits no more. */
  private settle(known: readonly Event[]): void {
    if (!this.unclear) return;
    const { after, first, count } = this.unclear;
    const there = known.find(({ sequence }) => sequence === after + 1);
    if (there && there.run === first.run && there.type === first.type && there.at === first.at)
      this.waiting.splice(0, count);
    this.unclear = null;
  }
}
