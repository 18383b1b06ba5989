import type { Clock } from "@sluice/ports";

interface Sleeper {
  at: number;
  order: number;
  wake: () => void;
}

/**
 * A clock on which a rollout of half an hour takes milliseconds. Whoever sleeps is woken in order as soon as nobody has
 * anything else to do, and time jumps to that moment. Made with `isManual`, time stands still until `advance`.
 */
export class VirtualClock implements Clock {
  private time: number;
  private order = 0;
  private isScheduled = false;
  private readonly isManual: boolean;
  private readonly sleepers: Sleeper[] = [];

  constructor(options: { start?: number; isManual?: boolean } = {}) {
    this.time = options.start ?? Date.UTC(2026, 0, 1);
    this.isManual = options.isManual ?? false;
  }

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper: Sleeper = {
        at: this.time + Math.max(0, milliseconds),
        order: this.order++,
        wake: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      const abort = () => {
        const i = this.sleepers.indexOf(sleeper);
        if (i >= 0) this.sleepers.splice(i, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.sleepers.push(sleeper);
      this.schedule();
    });
  }

  /** Moves time on and wakes everybody whose time has come, each at its own moment. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.time + milliseconds;
    for (let next = this.next(); next && next.at <= until; next = this.next()) {
      this.wake(next);
      await new Promise(setImmediate);
    }
    this.time = until;
  }

  private schedule(): void {
    if (this.isManual || this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      const next = this.next();
      if (!next) return;
      this.wake(next);
      if (this.sleepers.length) this.schedule();
    });
  }

  private next(): Sleeper | undefined {
    return this.sleepers.reduce<Sleeper | undefined>(
      (first, one) =>
        !first || one.at < first.at || (one.at === first.at && one.order < first.order) ? one : first,
      undefined,
    );
  }

  private wake(sleeper: Sleeper): void {
    this.sleepers.splice(this.sleepers.indexOf(sleeper), 1);
    this.time = Math.max(this.time, sleeper.at);
    sleeper.wake();
  }
}
