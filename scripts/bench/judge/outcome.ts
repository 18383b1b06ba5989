import type { Cell } from "./cells.ts";
import { hashOf, Random } from "./random.ts";
import { ticksPerMinute } from "./scenario.ts";
import { type Arm, simulate } from "./traffic.ts";

/** What a rule did in the rollouts of a cell. */
export interface Outcome {
  runs: number;
  /** Minutes until each rollback, ascending. */
  minutes: number[];
  /** Failed responses of the canary until the rollback, or until the end: sum and sum of squares. */
  bad: number;
  badSquares: number;
  /** All responses of the canary until then. */
  served: number;
}

export const seed = 20260101;

/** Simulates rollouts `from` up to but without `to`; each has random numbers of its own, so any split of the work gives the same. */
export function simulateRuns(cell: Cell, from: number, to: number): Outcome[] {
  const outcomes = cell.rules.map(
    (): Outcome => ({ runs: to - from, minutes: [], bad: 0, badSquares: 0, served: 0 }),
  );
  for (let i = from; i < to; i++) {
    const run = simulate(cell.scenario, new Random(seed, hashOf(cell.id), i));
    cell.rules.forEach((rule, which) => {
      const minutes = rule.decide(run);
      const outcome = outcomes[which]!;
      const until =
        minutes === null ? run.ticks.canary.requests.length : Math.round(minutes * ticksPerMinute);
      const bad = sumUntil(run.ticks.canary, "errors", until);
      outcome.bad += bad;
      outcome.badSquares += bad * bad;
      outcome.served += sumUntil(run.ticks.canary, "requests", until);
      if (minutes !== null) outcome.minutes.push(minutes);
    });
  }
  for (const { minutes } of outcomes) minutes.sort((a, b) => a - b);
  return outcomes;
}

function sumUntil(arm: Arm, of: "requests" | "errors", until: number): number {
  let sum = 0;
  for (let i = 0; i < until; i++) sum += arm[of][i]!;
  return sum;
}

export const merge = (a: Outcome, b: Outcome): Outcome => ({
  runs: a.runs + b.runs,
  minutes: [...a.minutes, ...b.minutes].sort((x, y) => x - y),
  bad: a.bad + b.bad,
  badSquares: a.badSquares + b.badSquares,
  served: a.served + b.served,
});

export const share = ({ minutes, runs }: Outcome): number => minutes.length / runs;
export const meanBad = ({ bad, runs }: Outcome): number => bad / runs;

/** Quantile of the minutes until the rollback among the rollouts that were rolled back; null when none was. */
export function quantile({ minutes }: Outcome, q: number): number | null {
  return minutes.length ? minutes[Math.min(minutes.length - 1, Math.ceil(q * minutes.length) - 1)]! : null;
}
