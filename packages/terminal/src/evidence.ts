import type { Evidence } from "@sluice/documents";
import { digits, shareInterval } from "@sluice/judge";
import type { Outlook, Progress } from "@sluice/ports";

type RolloutProgress = Extract<Progress, { type: "rollout" }>;

/** How much both versions fail, with the range that fits (95 %): `2.0.0 0.62 % (0.41–0.93 %), 1.0.0 …`. */
export const formatErrors = (
  { version, from = "old version" }: Pick<RolloutProgress, "version" | "from">,
  { canary, baseline }: Evidence,
): string => `${arm(version, canary)}, ${arm(from, baseline)}`;

function arm(name: string, counts: Evidence["canary"]): string {
  if (!counts) return `${name} no data`;
  const range = shareInterval(counts.errors, counts.requests);
  if (!range) return `${name} no requests`;
  return `${name} ${percent(counts.errors / counts.requests)} (${percent(range.low).replace(" %", "")}–${percent(range.high)})`;
}

/**
 * The evidence on its way to either bound, as logarithms: the left half fills towards a promotion, the right half
 * towards a rollback. Both can fill a little while it is open.
 */
export function evidenceBar(evidence: Evidence, half = 12): string {
  const filled = (value: number, bound: number): number =>
    Math.round(half * Math.min(1, Math.max(0, Math.log(value) / Math.log(bound))));
  const good = filled(evidence.promotionEValue, 1 / evidence.beta);
  const worse = filled(evidence.eValue, 1 / evidence.alpha);
  return `${"░".repeat(half - good)}${"█".repeat(good)}┃${"█".repeat(worse)}${"░".repeat(half - worse)}`;
}

/** `as good 8.1 of 20, worse 1.9 of 100`: the evidence and what is enough. */
export const formatBounds = ({ eValue, promotionEValue, alpha, beta }: Evidence): string =>
  `as good ${against(promotionEValue, 1 / beta)}, worse ${against(eValue, 1 / alpha)}`;

const against = (value: number, bound: number): string =>
  value >= bound ? `at ${digits(bound)}, which is enough` : `${digits(value)} of ${digits(bound)}`;

/** What decided, and when that was seen: `decided by errors, seen from 20 s to 46 s`; null while nothing is decided. */
export function formatDecision({ decidedBy, interval }: Evidence): string | null {
  if (decidedBy === null || !interval) return null;
  const from = interval.from === 0 ? "the start" : formatSeconds(interval.from);
  return `decided by ${decidedBy}, seen from ${from} to ${formatSeconds(interval.to)}`;
}

/** `critical alerts since the release began: A, B`; null without any. */
export const formatAlerts = ({ alerts = [] }: Evidence): string | null =>
  alerts.length === 0 ? null : `critical alerts since the release began: ${alerts.join(", ")}`;

/** What happens next: `on to 50 % in 3 min 20 s`. */
export function formatOutlook({ event, seconds, weight }: Outlook): string {
  const when = seconds === null ? "" : seconds < 1 ? " now" : ` in about ${formatSeconds(seconds)}`;
  switch (event) {
    case "step":
      return `on to ${weight} %${when}`;
    case "promotion":
      return `all of the traffic${when}`;
    case "rollback":
      return `rolled back${when}`;
    case "hold":
      return `held for a person${when}`;
    case "inconclusive":
      return `given up as undecided${when}`;
    case "person":
      return "it waits until a person promotes it";
  }
}

/** `4 s`, `3 min 20 s`, `1 h 05 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 100) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

const percent = (share: number): string => `${digits(100 * share)} %`;
