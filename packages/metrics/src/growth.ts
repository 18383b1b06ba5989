import type { Counters } from "@sluice/documents";
import { sum } from "@sluice/judge";

/**
 * Adds up the counters of several processes so that the sum only grows: what a process had counted before it
 * was started again, or went away, stays in it.
 */
export class Growth {
  readonly #last = new Map<string, Counters>();
  #before: Counters = { requests: 0, errors: 0, latency: {} };

  /** @param current counters by process, as they are now @returns null while no process has ever had any */
  add(current: ReadonlyMap<string, Counters>): Counters | null {
    for (const [process, last] of this.#last) {
      const now = current.get(process);
      if (now && !isReset(last, now)) continue;
      this.#before = sum(this.#before, last);
      this.#last.delete(process);
    }
    for (const [process, now] of current) this.#last.set(process, now);
    if (this.#last.size === 0 && this.#before.requests === 0) return null;
    return [...this.#last.values()].reduce(sum, this.#before);
  }
}

/**
 * A counter that fell was started again from zero, and with it everything that its process counts. A native histogram
 * that has lost edges has only made its buckets wider.
 */
function isReset(last: Counters, now: Counters): boolean {
  return (
    now.requests < last.requests ||
    now.errors < last.errors ||
    Object.entries(last.latency).some(([le, count]) => (now.latency[le] ?? Number.POSITIVE_INFINITY) < count)
  );
}
