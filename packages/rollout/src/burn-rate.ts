import type { GuardEvidence } from "@sluice/documents";

/** What users are promised. */
export interface Objective {
  /** Percent of the requests that are answered without an error. */
  availability: number;
  /** The time over which it is promised. */
  windowSeconds: number;
}

/** Requests and errors since something began; they only grow. */
export interface Reading {
  /** Seconds. */
  t: number;
  requests: number;
  errors: number;
}

/**
 * When the budget is used up too fast: a share of it within a time. The three of the Site Reliability Workbook,
 * chapter 5, table 5-8; with a window of 30 days they are burn rates of 14.4, 6 and 1. The last is a matter for
 * working hours and never ends a release.
 */
const alarms = [
  { name: "1h", share: 0.02, longSeconds: 3600, band: "rollback" },
  { name: "6h", share: 0.05, longSeconds: 6 * 3600, band: "rollback" },
  { name: "3d", share: 0.1, longSeconds: 3 * 86_400, band: "page" },
] as const;

/** The short window of an alarm as a part of the long one: it says whether the trouble still goes on (as there). */
const shortPart = 1 / 12;

/** Chance that a service which burns exactly at the bound is called faster, at one look. */
const risk = 0.001;

/**
 * Whether the errors of a service use up its error budget too fast. The burn rate is the ratio of errors divided by
 * the ratio that the objective allows; an alarm needs it above its bound in a long window and in a short one. With
 * window `W` of the objective the bound of an alarm is `share * W / long`.
 *
 * After a release there are not hours of data yet. Windows are then as long as there is data, with the same parts and
 * the same bounds, as a rate does not depend on the time; an alarm has its say once its short window is full, the first
 * one at once. So that a handful of requests decides nothing, errors in the long window must also be more than chance:
 * `exp(-n KL(errors/n, bound)) <= 0.001` (Chernoff 1952), with the divergence of Kullback and Leibler of two coins.
 *
 * @param readings oldest first, at least one; the last is now
 * @returns the alarms that had enough data for a word, as evidence in the unit "times the budget"
 */
export function burnRates(readings: readonly Reading[], objective: Objective): GuardEvidence[] {
  const now = readings.at(-1);
  const first = readings[0];
  if (!now || !first) return [];
  const span = now.t - first.t;
  const allowed = 1 - objective.availability / 100;
  return alarms.flatMap(({ name, share, longSeconds, band }, i): GuardEvidence[] => {
    if (i > 0 && span < longSeconds * shortPart) return [];
    const factor = (share * objective.windowSeconds) / longSeconds;
    const bound = factor * allowed;
    // A bound that no ratio can exceed is no bound.
    if (bound >= 1) return [];
    const long = Math.min(longSeconds, span);
    const inLong = over(readings, long);
    const inShort = over(readings, long * shortPart);
    const isBreached = isBeyondChance(inLong, bound) && ratio(inShort) > bound;
    return [
      {
        condition: `error budget (${objective.availability}% over ${Number((objective.windowSeconds / 86_400).toPrecision(3))}d) burns > ${Number(factor.toPrecision(3))}x in ${name}`,
        band,
        value: inLong.requests > 0 ? ratio(inLong) / allowed : null,
        isBreached,
        breachesInARow: isBreached ? 1 : 0,
      },
    ];
  });
}

interface Counted {
  requests: number;
  errors: number;
}

/** What was counted in the last seconds: since the newest reading that is old enough, or since the first. */
function over(readings: readonly Reading[], seconds: number): Counted {
  const now = readings.at(-1)!;
  const then = readings.findLast(({ t }) => t <= now.t - seconds) ?? readings[0]!;
  return { requests: now.requests - then.requests, errors: now.errors - then.errors };
}

const ratio = ({ requests, errors }: Counted): number => (requests > 0 ? errors / requests : 0);

function isBeyondChance(counted: Counted, bound: number): boolean {
  const { requests: n } = counted;
  const q = ratio(counted);
  if (n === 0 || q <= bound) return false;
  const divergence = q * Math.log(q / bound) + (q < 1 ? (1 - q) * Math.log((1 - q) / (1 - bound)) : 0);
  return Math.exp(-n * divergence) <= risk;
}
