import {
  coldStart,
  dispersions,
  lifts,
  outages,
  overdispersed,
  plain,
  plainLearned,
  plainWarm,
  promotions,
  shifts,
  splits,
  standard,
  standardLearned,
  standardMistaken,
  standardWarm,
} from "./cells.ts";
import { meanBad, type Outcome, quantile, share } from "./outcome.ts";
import type { Results } from "./pool.ts";

/** One statement about the judge that a run of the benchmark shows or refutes. */
export interface Claim {
  name: string;
  /** Whose it is, where several are compared. */
  of?: string;
  measured: string;
  bound: string;
  isMet: boolean;
  /** It is about time, which a machine that does other things too has less of. */
  isTimed?: boolean;
}

/** How sure one has to be that a bound is missed before it is called so. */
export interface Strictness {
  /** Standard errors that the measured value may be beyond the bound: 0 with all runs, some with few. */
  standardErrors: number;
}

const percent = (ratio: number) => `${(100 * ratio).toFixed(2)} %`;
const minutes = (value: number | null) => (value === null ? "never" : `${value.toFixed(2)} min`);

/** What the simulations say. */
export function simulatedClaims(results: Results, { standardErrors }: Strictness): Claim[] {
  const outcome = (cell: string, rule: string): Outcome => {
    const found = results.get(cell)?.get(rule);
    if (!found) throw new Error(`no results of ${rule} in ${cell}`);
    return found;
  };
  const slack = (ratio: number, runs: number) => standardErrors * Math.sqrt((ratio * (1 - ratio)) / runs);

  const rareIn = (name: string, cellIds: readonly string[], rule: string, bound: number): Claim => {
    const worst = cellIds
      .map((cell) => ({ cell, seen: outcome(cell, rule) }))
      .reduce((a, b) => (share(b.seen) > share(a.seen) ? b : a));
    return {
      name: `${name}: decided wrongly`,
      of: rule,
      measured: `${percent(share(worst.seen))}${cellIds.length > 1 ? ` (worst of ${cellIds.length}: ${worst.cell})` : ""}`,
      bound: `<= ${percent(bound)}`,
      isMet: share(worst.seen) <= bound + slack(bound, worst.seen.runs),
    };
  };
  const foundIn = (cell: string, rule: string, bound: number): Claim => {
    const seen = outcome(cell, rule);
    return {
      name: `${cell}: found`,
      of: rule,
      measured: percent(share(seen)),
      bound: `>= ${percent(bound)}`,
      isMet: share(seen) >= bound - slack(bound, seen.runs),
    };
  };
  const fast = (cell: string, rule: string, bound: number): Claim => {
    const seen = outcome(cell, rule);
    const inTime = seen.minutes.filter((value) => value <= bound).length / Math.max(1, seen.minutes.length);
    return {
      name: `${cell}: median time`,
      of: rule,
      measured: minutes(quantile(seen, 0.5)),
      bound: `<= ${minutes(bound)}`,
      isMet: seen.minutes.length > 0 && inTime >= 0.5 - slack(0.5, seen.minutes.length),
    };
  };
  const cheap = (cell: string, rule: string, bound: number): Claim => {
    const seen = outcome(cell, rule);
    const mean = meanBad(seen);
    const variance = Math.max(0, seen.badSquares / seen.runs - mean * mean);
    return {
      name: `${cell}: failed responses of the canary, mean`,
      of: rule,
      measured: mean.toFixed(1),
      bound: `<= ${bound}`,
      isMet: mean <= bound + standardErrors * Math.sqrt(variance / seen.runs),
    };
  };

  const nulls = [...results.keys()].filter((id) => id.startsWith("null "));
  const severe = "lift 50 100/s 0.1 %";
  const strong = "lift 5 100/s 0.1 %";
  const healthyLatency = [10, 100, 1000].map((rate) => `latency ${shifts[0]!.name} ${rate}/s`);
  const ids = (some: readonly { id: string }[]) => some.map(({ id }) => id);
  const harmful = promotions.filter(({ scenario }) => scenario.lift === 2);
  const learnable = ids(overdispersed.filter((_, i) => dispersions[i]!.kind !== "pod"));
  return [
    rareIn("no regression, errors", nulls, plain, 0.01),
    rareIn("no regression, errors", nulls, standard, 0.01),
    rareIn("no regression, latency", healthyLatency, plain, 0.01),
    rareIn("no regression, latency", healthyLatency, standard, 0.01),
    rareIn("overdispersion", ids(overdispersed), standardLearned, 0.015),
    rareIn("overdispersion of requests (gamma, cluster)", learnable, plainLearned, 0.015),
    rareIn("shared outage", ids(outages), plain, 0.005),
    rareIn("shared outage", ids(outages), standard, 0.005),
    rareIn("cold start", [coldStart.id], plainWarm, 0.015),
    rareIn("cold start", [coldStart.id], standardWarm, 0.015),
    rareIn("cold start", [coldStart.id], standard, 0.015),
    rareIn("wrong configured split", ids(splits), plain, 0.01),
    rareIn("wrong configured split", ids(splits), standard, 0.01),
    sameDecisions(),
    fast(severe, plain, 0.35),
    cheap(severe, plain, 6),
    fast(strong, plain, 5.5),
    cheap(strong, plain, 10),
    fast(`lift ${lifts[2]} 1000/s 1 %`, plain, 0.2),
    fast("latency +25 % 100/s", plain, 0.6),
    fast("latency p99 x 2 100/s", plain, 1.3),
    fast(severe, standard, 0.7),
    cheap(severe, standard, 10),
    fast(strong, standard, 8),
    cheap(strong, standard, 17),
    foundIn("lift 1.5 10/s 1 %", plain, 0.5),
    foundIn("lift 2 10/s 1 %", plain, 0.98),
    rareIn("evidence for a promotion, twice as bad", ids(harmful), standard, 0.05),
  ];

  function sameDecisions(): Claim {
    const differing = splits.filter(({ id }) => {
      const [told, mistaken] = [outcome(id, standard), outcome(id, standardMistaken)];
      return told.bad !== mistaken.bad || String(told.minutes) !== String(mistaken.minutes);
    });
    return {
      name: "wrong configured split: decisions change with the weights that are configured",
      of: standard,
      measured: `in ${differing.length} of ${splits.length} cells`,
      bound: "none",
      isMet: differing.length === 0,
    };
  }
}
