/** Results as text. */
import { type Cell, cells, lifts, shifts } from "./cells.ts";
import type { Claim } from "./claims.ts";
import { meanBad, type Outcome, quantile, share } from "./outcome.ts";
import type { Results } from "./pool.ts";

/** Columns aligned: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  ");
  return [
    line(rows[0]!),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...rows.slice(1).map(line),
  ].join("\n");
}

const rolledBack = (outcome: Outcome) => `${(100 * share(outcome)).toFixed(2)} %`;
const power = (cost: (outcome: Outcome) => number) => (outcome: Outcome) => {
  const time = (q: number) => quantile(outcome, q)?.toFixed(1) ?? "-";
  return `${Math.round(100 * share(outcome))} / ${time(0.5)} / ${time(0.95)} / ${Math.round(cost(outcome))}`;
};
const withBad = power(meanBad);
const withServed = power(({ served, runs }) => served / runs);

/** Rules down, cells across; a rule that does not watch a cell has an empty field. */
function side(results: Results, some: readonly Cell[], show: (outcome: Outcome) => string): string {
  const rules = [...new Set(some.flatMap((cell) => cell.rules.map(({ name }) => name)))];
  return table([
    ["rule", ...some.map(({ label }) => label)],
    ...rules.map((rule) => [
      rule,
      ...some.map(({ id }) => {
        const outcome = results.get(id)?.get(rule);
        return outcome ? show(outcome) : "";
      }),
    ]),
  ]);
}

/** Rules across, cells down: for few rules and many cells. */
function down(results: Results, some: readonly Cell[], show: (outcome: Outcome) => string): string {
  const rules = [...new Set(some.flatMap((cell) => cell.rules.map(({ name }) => name)))];
  return table([
    ["case", ...rules],
    ...some.map(({ id, label }) => [
      label,
      ...rules.map((rule) => {
        const outcome = results.get(id)?.get(rule);
        return outcome ? show(outcome) : "";
      }),
    ]),
  ]);
}

export function* tablesOf(results: Results): Generator<string> {
  const of = (section: Cell["section"], group?: string) =>
    cells.filter((cell) => cell.section === section && (group === undefined || cell.group === group));
  yield `Rolled back without a regression, by requests per second and error ratio\n\n${side(results, of("null"), rolledBack)}`;
  for (const lift of lifts)
    yield `${lift} times as many errors: % found / median min / 95 % min / failed responses of the canary\n\n${side(results, of("lift", `${lift}x`), withBad)}`;
  for (const { name, shift } of shifts)
    yield `Latency, ${name}: ${shift ? "% found / median min / 95 % min / responses of the canary" : "rolled back"}\n\n${side(results, of("latency", name), shift ? withServed : rolledBack)}`;
  for (const group of ["not worse", "twice as bad"])
    yield `Evidence that the release is not twice as bad, while it is ${group}: % / median min / 95 % min / failed responses of the canary\n\n${side(results, of("promotion", group), withBad)}`;
  yield `Rolled back though the release is not worse\n\n${down(results, of("robust"), rolledBack)}`;
}

export const claimTable = (claims: readonly Claim[]): string =>
  table([
    ["claim", "of", "measured", "bound", ""],
    ...claims.map(({ name, of, measured, bound, isMet }) => [
      name,
      of ?? "",
      measured,
      bound,
      isMet ? "PASS" : "FAIL",
    ]),
  ]);
