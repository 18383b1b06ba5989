import type { Counters } from "@sluice/documents";

/**
 * Upper bounds of the latency buckets in seconds: the default ones of Prometheus and finer ones between them, so
 * that a quantile is known to about a third of its value.
 */
export const latencyBounds = [
  0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75,
  1, 1.5, 2.5, 5, 10, 30,
];

/** Why a request had no (whole) answer of the version. */
export type FailureCause =
  /** No connection could be made. */
  | "connect"
  /** The connection broke before the answer began. */
  | "reset"
  /** The connection broke in the middle of the answer. */
  | "truncated"
  | "timeout"
  | "no-ready-replica"
  /** No version has a share of the traffic. */
  | "entry-closed"
  /** The version answered, with a status of 500 or above. */
  | "status-5xx"
  /** The client went away first: it is counted with the time it waited, and is no error of the version. */
  | "client-closed";

export interface VersionCounts extends Counters {
  /** Requests by the status that the client saw; 499 for clients that went away. */
  byStatus: Record<string, number>;
  failures: Partial<Record<FailureCause, number>>;
  /** Attempts that failed and were repeated on another replica of the version. */
  retries: number;
  /** Sum of all latencies in seconds. */
  latencySum: number;
  inFlight: number;
}

/** Counters of one version since it was started under this host; they only grow. */
export class VersionCounter {
  readonly #buckets = new Array<number>(latencyBounds.length + 1).fill(0);
  readonly #byStatus = new Map<number, number>();
  readonly #failures = new Map<FailureCause, number>();
  #requests = 0;
  #errors = 0;
  #latencySum = 0;
  retries = 0;
  inFlight = 0;

  /** @param seconds from the arrival of the request to the last byte of the answer */
  count(status: number, seconds: number, cause: FailureCause | null): void {
    this.#requests += 1;
    this.#latencySum += seconds;
    const bucket = latencyBounds.findIndex((bound) => seconds <= bound);
    this.#buckets[bucket === -1 ? latencyBounds.length : bucket]! += 1;
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
    const failure = cause ?? (status >= 500 ? "status-5xx" : null);
    if (failure === null) return;
    this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1);
    if (failure !== "client-closed") this.#errors += 1;
  }

  read(): VersionCounts {
    const latency: Record<string, number> = {};
    let cumulative = 0;
    for (const [index, bound] of latencyBounds.entries()) {
      cumulative += this.#buckets[index]!;
      latency[String(bound)] = cumulative;
    }
    latency["+Inf"] = this.#requests;
    return {
      requests: this.#requests,
      errors: this.#errors,
      latency,
      byStatus: Object.fromEntries(this.#byStatus),
      failures: Object.fromEntries(this.#failures),
      retries: this.retries,
      latencySum: this.#latencySum,
      inFlight: this.inFlight,
    };
  }
}
