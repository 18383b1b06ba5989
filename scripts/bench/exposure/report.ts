import { aligned } from "../../../packages/report/src/index.ts";
import type { Outcome } from "./outcome.ts";

/** What each rule did, over all runs: how often it ended how, and medians of what it cost with the range. */
export function table(runs: readonly (readonly Outcome[])[]): string {
  const rules = runs[0]?.map(({ rule }) => rule) ?? [];
  const rows = rules.map((_, i) => rowOf(runs.map((run) => run[i]!)));
  const columns = ["rule", "end", "decided after s", "bad answers", "percent-minutes"];
  return aligned([columns, ...rows], [2, 3, 4]).join("\n");
}

function rowOf(outcomes: readonly Outcome[]): string[] {
  const ends = new Map<string, number>();
  for (const { end } of outcomes) ends.set(end, (ends.get(end) ?? 0) + 1);
  const decided = outcomes.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  return [
    outcomes[0]!.rule,
    [...ends].map(([end, count]) => (outcomes.length === 1 ? end : `${count} ${end}`)).join(", "),
    decided.length === 0 ? "never" : spread(decided, 1),
    spread(
      outcomes.map(({ bad }) => bad),
      0,
    ),
    spread(
      outcomes.map(({ percentMinutes }) => percentMinutes),
      2,
    ),
  ];
}

/** The median, and the smallest and the largest value where there are several. */
function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)]!.toFixed(digits);
  return sorted.length === 1
    ? median
    : `${median} (${sorted[0]!.toFixed(digits)}–${sorted.at(-1)!.toFixed(digits)})`;
}
