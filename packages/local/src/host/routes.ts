import type { Routing } from "@sluice/ports";
import type { Backend } from "./backend.ts";
import { VersionCounter } from "./counters.ts";
import { WeightedTurns } from "./turn.ts";

/** Whose requests are counted together: those of testers, and copies, say nothing about the users. */
export type Audience = "users" | "testers" | "mirror";

/** The traffic of one service: who may answer, with which share, and what was counted. */
export class Routes {
  readonly service: string;
  readonly #turns = new WeightedTurns();
  readonly #backends = new Set<Backend>();
  readonly #counters: Record<Audience, Map<string, VersionCounter>> = {
    users: new Map(),
    testers: new Map(),
    mirror: new Map(),
  };
  /** What happens to requests beside the weights. */
  routing: Routing | null = null;
  #weights: ReadonlyMap<string, number> = new Map();

  constructor(service: string) {
    this.service = service;
  }

  get weights(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#weights);
  }

  /** Percent of the traffic that a version has. */
  shareOf(version: string): number {
    return this.#weights.get(version) ?? 0;
  }

  setWeights(weights: Readonly<Record<string, number>>): void {
    const next = new Map(Object.entries(weights));
    const isSame =
      next.size === this.#weights.size && [...next].every(([v, w]) => this.#weights.get(v) === w);
    if (isSame) return;
    this.#weights = next;
    this.#turns.reset();
  }

  add(backend: Backend): void {
    this.#backends.add(backend);
  }

  remove(backend: Backend): void {
    this.#backends.delete(backend);
  }

  /** The counters of a version; they begin with its first request or replica. */
  counter(version: string, audience: Audience = "users"): VersionCounter {
    const counters = this.#counters[audience];
    const counter = counters.get(version) ?? new VersionCounter();
    counters.set(version, counter);
    return counter;
  }

  /** The version is gone: if it comes again it counts from zero. */
  forget(version: string): void {
    for (const counters of Object.values(this.#counters)) counters.delete(version);
  }

  counters(audience: Audience): ReadonlyMap<string, VersionCounter> {
    return this.#counters[audience];
  }

  /**
   * The version whose turn it is, of those that have a share and a ready replica. When none is ready it is the
   * one whose turn it would be, so that the failure is counted where it belongs. Null: the entry is closed.
   *
   * @param without versions that have failed with this request already
   */
  nextVersion(without: ReadonlySet<string> = new Set()): string | null {
    const shares = [...this.#weights].filter(([version]) => !without.has(version));
    const ready = shares.filter(([version]) => this.hasReady(version));
    if (ready.length > 0) return this.#turns.next(ready);
    return without.size > 0 ? null : this.#turns.next(shares);
  }

  /** Gives a version a turn out of turn; the next ones go to the others until the shares are right again. */
  takeTurn(version: string): void {
    this.#turns.take(
      version,
      [...this.#weights].filter(([name]) => this.hasReady(name)),
    );
  }

  /** The ready replica of a version that is answering least. */
  nextBackend(version: string, without: ReadonlySet<Backend> = new Set()): Backend | null {
    let best: Backend | null = null;
    for (const backend of this.#backends) {
      if (backend.version !== version || !backend.takesTraffic || without.has(backend)) continue;
      if (best === null || backend.inFlight < best.inFlight) best = backend;
    }
    if (best === null) return null;
    // Behind all others in the order, so that equally idle replicas take turns.
    this.#backends.delete(best);
    this.#backends.add(best);
    return best;
  }

  hasReady(version: string): boolean {
    for (const backend of this.#backends)
      if (backend.version === version && backend.takesTraffic) return true;
    return false;
  }
}
