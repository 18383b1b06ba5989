/** Two-sided 95 % of the normal distribution. */
const z = 1.959963984540054;

/**
 * The shares that fit to what was counted, 95 % (Wilson 1927, "Probable inference, the law of succession, and
 * statistical inference"). For showing how sure a share is at one moment; the verdict rests on evidence that may be
 * looked at all the time.
 *
 * @returns shares from 0 to 1; null without requests
 */
export function shareInterval(events: number, requests: number): { low: number; high: number } | null {
  if (!(requests > 0)) return null;
  const share = Math.min(1, events / requests);
  const weight = z ** 2 / requests;
  const middle = (share + weight / 2) / (1 + weight);
  const half = (z / (1 + weight)) * Math.sqrt((share * (1 - share) + weight / 4) / requests);
  return {
    low: events === 0 ? 0 : Math.max(0, middle - half),
    high: events >= requests ? 1 : Math.min(1, middle + half),
  };
}
