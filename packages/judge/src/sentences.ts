import type { ArmCounts, Evidence } from "@sluice/documents";
import type { Bound, Guard, Policy } from "./policy.ts";

/** The sentences of the verdicts, for a person on call: what was seen, and what it means or what to do. */

/** A whole number with commas between thousands. */
const count = (n: number) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
const percent = (share: number) => `${digits(100 * share)} %`;

/** A number with as many digits as a person reads. */
export function digits(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 100 ? count(value) : String(Number(value.toPrecision(size >= 10 ? 3 : 2)));
}

function arm(which: string, counts: ArmCounts | null): string {
  if (!counts || counts.requests === 0) return `the ${which} version answered nothing`;
  return `the ${which} version failed ${count(counts.errors)} of ${count(counts.requests)} requests (${percent(counts.errors / counts.requests)})`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const counts = (evidence: Evidence) =>
  capital(`${arm("new", evidence.canary)}, ${arm("old", evidence.baseline)}`);

/** A measured value with the unit that its bound has. */
function reading(bound: Bound, value: number | null): string {
  if (value === null) return "unknown";
  if (bound.isRelative) return `${digits(value)} times the old one`;
  switch (bound.metric) {
    case "latency":
      return bound.text.includes("%") ? `${digits(value)} %` : `${digits(value)} ms`;
    case "health_failures":
    case "restarts":
    case "alerts":
      return count(value);
    default:
      return `${digits(value)} %`;
  }
}

export function worse(evidence: Evidence, culprit: string | null): string {
  const metric = evidence.metrics.find(({ metric }) => metric === culprit);
  const least = metric?.ratio?.low;
  const times = least && least > 1 ? `at least ${digits(least)} times as often` : "clearly more often";
  const odds = `if it were not, this would happen in at most 1 of ${count(Math.min(1e9, 1 / Math.max(evidence.p, 1e-9)))} releases`;
  if (metric && culprit !== "errors" && !culprit?.startsWith("latency"))
    return `\`${culprit}\` is worse in the new version: it goes wrong there ${times}; ${odds}.`;
  if (!culprit?.startsWith("latency")) return `${counts(evidence)}: the new one fails ${times}; ${odds}.`;
  const p99 = [evidence.canary?.p99, evidence.baseline?.p99].map((ms) =>
    ms ? `${digits(ms)} ms` : "unknown",
  );
  return `The new version is slower: its requests take ${culprit.replace("latency > ", "more than ")} ${times} (p99 ${p99[0]}, old version ${p99[1]}); ${odds}.`;
}

export function breached(bound: Bound, value: number | null, checks: number): string {
  const times = checks === 1 ? "in one check" : `in ${checks} checks in a row`;
  return `\`${bound.text}\` holds for the new version ${times} (now ${reading(bound, value)}), and the old one does not share it.`;
}

export function exceeded(guard: Guard, value: number | null, checks: number): string {
  const end =
    guard.threshold === null
      ? ""
      : ` After ${guard.threshold} failed checks in a row the release is rolled back.`;
  const page = guard.band === "page" ? " A person should look now." : "";
  return `\`${guard.bound.text}\`: the new version is at ${reading(guard.bound, value)} (failed check ${checks}), so the step is held.${end}${page}`;
}

export const bothBad = (bound: Bound, value: number | null) =>
  `\`${bound.text}\` holds for both versions (new one ${reading(bound, value)}), so the cause is likely elsewhere; the step is held until it is over.`;

export const noData = (which: string) =>
  `There are no counters of the ${which} version, so nothing can be said; check that its metrics can be read and name the version.`;

export function tooLittle(requests: number, needed: number, evidence: Evidence): string {
  const failed = evidence.canary?.errors ?? 0;
  return `The new version answered ${count(requests)} of the ${count(needed)} requests that the step needs${failed ? ` (${count(failed)} failed so far)` : ""}; wait for traffic, or give the step more weight or time.`;
}

export const healthySoFar = (evidence: Evidence) =>
  `${counts(evidence)}: nothing speaks against the new one so far.`;

export const undecided = (evidence: Evidence) =>
  `${counts(evidence)}: too few to call the new one worse, and too few to call it good; wait for more traffic or decide by hand.`;

export function notWorse(evidence: Evidence, policy: Policy): string {
  return `${counts(evidence)}: the new one does not fail ${digits(policy.harm)} times as often (error of this statement at most ${percent(policy.beta)}).`;
}

export const noErrors = (requests: number) =>
  `None of ${count(requests)} requests to the new version failed; its error ratio is below ${percent(Math.min(1, 3 / requests))} (95 %).`;

export const belowGate = (errors: number, requests: number, gate: Bound) =>
  `The new version failed ${count(errors)} of ${count(requests)} requests: its own error ratio is below the gate of ${digits(gate.value)} %.`;

const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");

export const alertsFired = (names: readonly string[], checks: number) =>
  `${names.length ? list(names) : "A critical alert"} began to fire during the release and did so in ${checks} checks in a row.`;

export const alertsFiring = (firing: readonly string[], fresh: readonly string[]) =>
  fresh.length
    ? `${list(fresh)} began to fire during the release, so the step is held. A person should look now.`
    : `${list(firing)} fired before the release already, so the step is held until it is over.`;

export const alertsAway =
  "The critical alerts cannot be read, so nobody knows whether one fires; the step is held until they can be.";

export function metricMissing(name: string, has: { canary: boolean; baseline: boolean }): string {
  const which = !has.canary && !has.baseline ? "either version" : `the ${has.canary ? "old" : "new"} version`;
  return `There is no \`${name}\` of ${which}, so nothing can be said about it; check the names of its counters, or set its \`noData\`.`;
}

export const metricFailed = (name: string, seconds: number) =>
  `There was no \`${name}\` for ${count(seconds)} s, which ends the release as configured.`;
