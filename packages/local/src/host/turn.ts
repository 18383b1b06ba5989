/** Turns that one candidate can owe the others. */
const mostOwed = 100;

/**
 * Smooth weighted round robin: in every `sum of weights` turns each candidate has exactly `weight` of them, as
 * evenly spread as they can be. Source: the balancing algorithm of nginx (commit 52327e0627f4, 2012): everybody
 * earns its weight, the richest is chosen and pays the sum.
 */
export class WeightedTurns {
  readonly #earned = new Map<string, number>();

  /** Whose turn it is; null without a candidate. Candidates that are left out do not earn. */
  next(candidates: readonly (readonly [name: string, weight: number])[]): string | null {
    let chosen: string | null = null;
    let most = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (const [name, weight] of candidates) {
      const earned = (this.#earned.get(name) ?? 0) + weight;
      this.#earned.set(name, earned);
      sum += weight;
      if (earned > most) {
        most = earned;
        chosen = name;
      }
    }
    if (chosen !== null) this.#earned.set(chosen, most - sum);
    return chosen;
  }

  /**
   * A turn that was taken out of turn: everybody earns, and `name` pays. What it owes is bounded, so that the others do
   * not have every turn for long after it has asked for more than its share.
   */
  take(name: string, candidates: readonly (readonly [name: string, weight: number])[]): void {
    const sum = candidates.reduce((total, [, weight]) => total + weight, 0);
    for (const [other, weight] of candidates)
      this.#earned.set(
        other,
        Math.min((this.#earned.get(other) ?? 0) + weight - (other === name ? sum : 0), sum * mostOwed),
      );
    const owed = this.#earned.get(name) ?? 0;
    if (owed < -sum * mostOwed) this.#earned.set(name, -sum * mostOwed);
  }

  /** Forgets who has earned what: the shares have changed. */
  reset(): void {
    this.#earned.clear();
  }
}
