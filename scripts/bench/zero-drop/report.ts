import { aligned } from "../../../packages/report/src/index.ts";
import { type Failure, requestsOf, type Tally } from "../traffic/tally.ts";

/** Failures that a phase is about, and no loss: the closed entry of recreate, and the errors that a bad version makes. */
const stated: Record<string, string> = { recreate: "HTTP 503", "bad release": "HTTP 500" };

interface Loss extends Failure {
  phase: string;
  kind: string;
  cause: string;
}

const losses = (tally: Tally): Loss[] =>
  Object.entries(tally.phases).flatMap(([phase, kinds]) =>
    Object.entries(kinds).flatMap(([kind, { failures }]) =>
      Object.entries(failures)
        .filter(([cause]) => cause !== stated[phase])
        .map(([cause, failure]) => ({ phase, kind, cause, ...failure })),
    ),
  );

/** Every loss in words; empty when nothing was lost. */
export const lossesOf = (tally: Tally): string[] =>
  losses(tally).map(
    ({ phase, kind, cause, count, firstAt }) =>
      `${phase}, ${kind}: ${count} × ${cause}, first at ${new Date(firstAt).toISOString()}`,
  );

/** Requests by kind and phase, and what was lost of them. */
export function table(tally: Tally, phases: readonly string[], releases: Record<string, number>): string {
  const kinds = [...new Set(Object.values(tally.phases).flatMap((cells) => Object.keys(cells)))];
  const columns = ["kind", ...phases, "lost"];
  const lost = losses(tally);
  const lostWhere = (isMeant: (loss: Loss) => boolean) =>
    String(lost.filter(isMeant).reduce((sum, { count }) => sum + count, 0));
  const rows = kinds.map((kind) => [
    kind,
    ...phases.map((phase) => String(tally.phases[phase]?.[kind]?.requests ?? 0)),
    lostWhere((loss) => loss.kind === kind),
  ]);
  rows.push(["all", ...phases.map((phase) => String(requestsOf(tally, phase))), lostWhere(() => true)]);
  rows.push(["lost", ...phases.map((phase) => lostWhere((loss) => loss.phase === phase)), ""]);
  rows.push(["releases", ...phases.map((phase) => String(releases[phase] ?? "")), ""]);
  return aligned([columns, ...rows], [...columns.keys()].slice(1)).join("\n");
}

/** How long the entry was closed, and for how many. */
export function closedEntry(tally: Tally, phase: string): string {
  const closed = Object.values(tally.phases[phase] ?? {}).flatMap(
    ({ failures }) => failures["HTTP 503"] ?? [],
  );
  if (closed.length === 0) return `${phase}: the entry was not closed for anybody`;
  const count = closed.reduce((sum, each) => sum + each.count, 0);
  const seconds =
    (Math.max(...closed.map(({ lastAt }) => lastAt)) - Math.min(...closed.map(({ firstAt }) => firstAt))) /
    1000;
  return `${phase}: the stated gap lasted ${seconds.toFixed(2)} s, in which ${count} requests were answered with 503`;
}

/** How long a version still got requests after it was decided to take it back. */
export function killSwitchLine(
  tally: Tally,
  { version, by, at }: { version: string; by: string; at: number },
): string {
  const seen = tally.versions[version];
  if (!seen) return `${version}: no request was answered by it`;
  const after = (time: number) => `${Math.max(0, time - at).toFixed(0)} ms`;
  return [
    `${version}: taken back by ${by} ${((at - seen.firstAt) / 1000).toFixed(2)} s after its first request`,
    `${seen.bad} bad answers of ${seen.requests}`,
    `last request sent to it ${after(seen.lastSentAt)} after the decision, last slow answer of it ${after(seen.lastAnsweredAt)} after`,
  ].join("; ");
}
