import type { Verdict } from "@sluice/documents";
import type { Outlook } from "@sluice/ports";
import { limitsOf, type RolloutSpec, type Step } from "./spec.ts";
import { whatIsMissing } from "./steps.ts";

/** Readings over which the pace of the evidence is measured. */
const window = 12;

/** How fast the evidence goes to either bound, from the verdicts of the last readings. */
export class Pace {
  private readonly points: { t: number; worse: number; good: number }[] = [];

  /** Notes a verdict; the same one again changes nothing. */
  note({ t, evidence }: Verdict): void {
    if (t <= (this.points.at(-1)?.t ?? -1)) return;
    this.points.push({ t, worse: Math.log(evidence.eValue), good: Math.log(evidence.promotionEValue) });
    if (this.points.length > window) this.points.shift();
  }

  /** Seconds until the evidence reaches a bound if it goes on like this; null when it does not go there. */
  secondsTo(which: "worse" | "good", bound: number): number | null {
    const { length } = this.points;
    const last = this.points.at(-1);
    if (!last || length < 3) return null;
    const missing = Math.log(bound) - last[which];
    if (missing <= 0) return 0;
    const meanT = this.points.reduce((sum, { t }) => sum + t, 0) / length;
    const mean = this.points.reduce((sum, point) => sum + point[which], 0) / length;
    const slope =
      this.points.reduce((sum, point) => sum + (point.t - meanT) * (point[which] - mean), 0) /
      this.points.reduce((sum, { t }) => sum + (t - meanT) ** 2, 0);
    return slope > 0 ? missing / slope : null;
  }
}

/**
 * What happens next if nothing changes: the traffic is as it is, and the evidence goes on as in the last readings.
 *
 * @param index     of the step that has its weight
 * @param remaining seconds that the step still lasts on purpose; 0 when it waits for something
 * @param holdLeft  seconds until the wait for something is given up
 * @param rate      requests per second of the new version; null when that was not seen yet
 */
export function outlookOf(
  spec: RolloutSpec,
  steps: readonly Step[],
  index: number,
  verdict: Verdict | null,
  pace: Pace,
  { remaining, holdLeft, rate }: { remaining: number; holdLeft: number; rate: number | null },
): Outlook | null {
  const step = steps[index];
  if (!step) return null;
  const limits = limitsOf(spec);
  const bad = limits.onBadRelease === "rollback" ? "rollback" : "hold";
  if (verdict?.verdict === "rollback" && step.need !== "nothing") return { event: bad, seconds: 0 };
  if (step.isManual) return { event: "person", seconds: null };

  const until = Math.max(remaining, holdLeft);
  const worse = verdict ? pace.secondsTo("worse", 1 / verdict.evidence.alpha) : null;
  if (worse !== null && worse <= until) return { event: bad, seconds: worse };

  const next = steps[index + 1];
  const onwards: Outlook = next
    ? { event: "step", seconds: remaining, weight: next.weight }
    : { event: "promotion", seconds: remaining };
  if (!verdict || step.need === "nothing" || verdict.verdict === "promote") return onwards;
  if (step.need !== "proof" && verdict.verdict === "continue") return onwards;
  // A step that has just begun has too little traffic for a moment; it comes where any comes.
  if (verdict.reasonCode === "judge.too-little-traffic" && remaining > 0 && rate !== 0) return onwards;
  if (verdict.verdict === "continue") {
    const good = pace.secondsTo("good", 1 / verdict.evidence.beta);
    if (good !== null && good <= until) return { ...onwards, seconds: Math.max(good, remaining) };
  }
  const event = { hold: "inconclusive", promote: onwards.event, rollback: "rollback" } as const;
  const isGate = whatIsMissing(step, verdict) === "gate";
  const end = isGate && limits.onInconclusive === "promote" ? "inconclusive" : event[limits.onInconclusive];
  return { ...(end === onwards.event ? onwards : { event: end }), seconds: until };
}
