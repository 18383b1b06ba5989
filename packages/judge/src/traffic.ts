/** Requests per second of a service, as far as they were seen: by hour of the week, and over all. */
export interface Traffic {
  /** 168 hours from Monday 00:00 UTC; null where nothing was seen. */
  byHour: readonly (number | null)[];
  mean: number;
  rollouts: number;
}

const hoursOfDay = 24;
const hoursOfWeek = 7 * hoursOfDay;

/** Hour of the week from Monday 00:00 UTC, 0 to 167. */
export function hourOfWeek(at: number): number {
  const date = new Date(at);
  return ((date.getUTCDay() + 6) % 7) * hoursOfDay + date.getUTCHours();
}

/** Traffic from what was counted between readings; null without any. */
export function trafficOf(
  counts: readonly { at: number; seconds: number; requests: number }[],
  rollouts: number,
): Traffic | null {
  const hours = Array.from({ length: hoursOfWeek }, () => ({ requests: 0, seconds: 0 }));
  for (const { at, seconds, requests } of counts) {
    const hour = hours[hourOfWeek(at)]!;
    hour.requests += requests;
    hour.seconds += seconds;
  }
  const mean = rateOf(hours);
  return mean === null ? null : { byHour: hours.map((hour) => rateOf([hour])), mean, rollouts };
}

/** What to expect at a moment, and why: this hour of the week, else this hour of any day, else all that was seen. */
export function trafficAt(
  { byHour, mean }: Traffic,
  at: number,
): { requestsPerSecond: number; basis: "hour of the week" | "hour of the day" | "all hours" } {
  const hour = hourOfWeek(at);
  const here = byHour[hour];
  if (here !== null && here !== undefined) return { requestsPerSecond: here, basis: "hour of the week" };
  const sameHour = byHour.filter((rate, index) => rate !== null && index % hoursOfDay === hour % hoursOfDay);
  if (sameHour.length > 0)
    return {
      requestsPerSecond: sameHour.reduce<number>((sum, rate) => sum + rate!, 0) / sameHour.length,
      basis: "hour of the day",
    };
  return { requestsPerSecond: mean, basis: "all hours" };
}

function rateOf(hours: readonly { requests: number; seconds: number }[]): number | null {
  const seconds = hours.reduce((sum, hour) => sum + hour.seconds, 0);
  return seconds > 0 ? hours.reduce((sum, hour) => sum + hour.requests, 0) / seconds : null;
}
