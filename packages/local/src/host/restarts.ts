/** A replica that ran this long was well; what happens then is not part of an earlier series of ends. */
export const wellAfterSeconds = 60;
/** So many ends in a row are called a crash loop. */
const crashLoopEnds = 3;

/**
 * Pause before a replica is started again.
 *
 * @param endsInARow ends since it last ran for a minute, the latest included (from 1)
 * @returns seconds: 0.5, 1, 2, … up to 30
 */
export const restartDelay = (endsInARow: number): number => Math.min(30, 0.5 * 2 ** (endsInARow - 1));

/** What is known of the end of a replica, as a sentence for people. */
export function describeEnd(end: {
  exitCode: number | null;
  signal: string | null;
  ranSeconds: number;
  endsInARow: number;
  lastLines: readonly string[];
}): string {
  const how =
    end.signal !== null
      ? `was ended by ${end.signal}`
      : end.exitCode !== null
        ? `ended with exit status ${end.exitCode}`
        : "ended while no host was there";
  const loop = end.endsInARow >= crashLoopEnds ? `Crash loop (${end.endsInARow} ends in a row): it` : "It";
  const wait = `it is started again ${restartDelay(end.endsInARow)} s later.`;
  const lines =
    end.lastLines.length > 0 ? ["Its last lines:", ...end.lastLines.map((line) => `  ${line}`)] : [];
  return [`${loop} ${how} after ${end.ranSeconds.toFixed(1)} s; ${wait}`, ...lines].join("\n");
}
