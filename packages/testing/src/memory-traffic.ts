import type { Counters, ReasonCode } from "@sluice/documents";

/** How a version behaves. */
export interface Behaviour {
  /** Share of its requests that fail, 0 to 1. */
  errorRatio?: number;
  /** Seconds that its requests take. */
  latencySeconds?: number;
  startSeconds?: number;
  neverReady?: boolean;
  /** Every replica dies this long after it was ready, and is started again. */
  diesAfterSeconds?: number;
  /** Why a replica that is not ready is not. */
  reason?: string;
  /** It cannot be started at all. */
  refuses?: ReasonCode;
}

const edges = ["0.025", "0.05", "0.1", "0.25", "0.5", "1", "+Inf"];

/** Requests of users, spread over versions, with the counters that the versions would show. */
export class MemoryTraffic {
  /** Requests that nobody answered, because the version they were sent to was not ready. */
  lost = 0;
  /** Requests that met a closed entry. */
  closed = 0;
  /** Up to when the requests were sent. */
  until: number;
  requestsPerSecond: number;
  private readonly behaviourOf: (version: string) => Behaviour;
  private readonly counters = new Map<string, Counters>();
  private readonly parts = new Map<string, number>();

  constructor(requestsPerSecond: number, behaviourOf: (version: string) => Behaviour, start: number) {
    this.requestsPerSecond = requestsPerSecond;
    this.behaviourOf = behaviourOf;
    this.until = start;
  }

  /** Sends the requests up to a moment. */
  flow(until: number, weights: Record<string, number>, isReady: (version: string) => boolean): void {
    const seconds = (until - this.until) / 1000;
    if (seconds <= 0) return;
    this.until = until;
    if (Object.keys(weights).length === 0)
      this.closed += this.whole("closed", seconds * this.requestsPerSecond);
    for (const [version, weight] of Object.entries(weights)) {
      const requests = this.whole(version, (seconds * this.requestsPerSecond * weight) / 100);
      if (!isReady(version)) this.lost += requests;
      else this.answer(version, requests);
    }
  }

  /** What the metrics endpoint of a version shows; null before its first request. */
  countersOf(version: string): Counters | null {
    const found = this.counters.get(version);
    return found ? { ...found, latency: { ...found.latency } } : null;
  }

  forget(version: string): void {
    this.counters.delete(version);
  }

  private answer(version: string, requests: number): void {
    const { errorRatio = 0, latencySeconds = 0.01 } = this.behaviourOf(version);
    const before = this.counters.get(version) ?? { requests: 0, errors: 0, latency: {} };
    this.counters.set(version, {
      requests: before.requests + requests,
      errors: before.errors + this.whole(`${version} errors`, requests * errorRatio),
      latency: Object.fromEntries(
        edges.map((edge) => {
          const isWithin = edge === "+Inf" || latencySeconds <= Number(edge);
          return [edge, (before.latency[edge] ?? 0) + (isWithin ? requests : 0)];
        }),
      ),
    });
  }

  /** Whole requests; the rest is carried over. */
  private whole(key: string, amount: number): number {
    const total = (this.parts.get(key) ?? 0) + amount;
    const whole = Math.floor(total + 1e-9);
    this.parts.set(key, total - whole);
    return whole;
  }
}
