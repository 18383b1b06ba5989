import type { Attempt } from "./exchange.ts";

/** What was asked and what was lost, by the phase of the bench in which it was sent and by kind of client. */
export interface Tally {
  phases: Record<string, Record<string, { requests: number; failures: Record<string, Failure> }>>;
  /** By version: the last time that one of its answers was asked for, and the last time that one ended. */
  versions: Record<
    string,
    { requests: number; bad: number; firstAt: number; lastSentAt: number; lastAnsweredAt: number }
  >;
}
export interface Failure {
  count: number;
  firstAt: number;
  lastAt: number;
}

export const emptyTally = (): Tally => ({ phases: {}, versions: {} });

/** Adds one request to a tally. */
export function count(tally: Tally, phase: string, kind: string, attempt: Attempt): void {
  const { failure, version, sentAt, answeredAt } = attempt;
  const kinds = entry(tally.phases, phase, () => ({}));
  const cell = entry(kinds, kind, () => ({ requests: 0, failures: {} }));
  cell.requests += 1;
  if (failure !== null) {
    const seen = entry(cell.failures, failure, () => ({ count: 0, firstAt: answeredAt, lastAt: answeredAt }));
    seen.count += 1;
    seen.lastAt = answeredAt;
  }
  if (version === null) return;
  const none = { requests: 0, bad: 0, firstAt: sentAt, lastSentAt: 0, lastAnsweredAt: 0 };
  const own = entry(tally.versions, version, () => none);
  own.requests += 1;
  if (failure !== null) own.bad += 1;
  own.lastSentAt = Math.max(own.lastSentAt, sentAt);
  own.lastAnsweredAt = Math.max(own.lastAnsweredAt, answeredAt);
}

/** What a record has under a name, made when it is not there yet. */
function entry<T>(record: Record<string, T>, name: string, make: () => T): T {
  record[name] ??= make();
  return record[name];
}

/** Requests of a phase, or of all of them. */
export const requestsOf = (tally: Tally, phase?: string): number =>
  Object.entries(tally.phases)
    .filter(([name]) => phase === undefined || name === phase)
    .flatMap(([, kinds]) => Object.values(kinds))
    .reduce((sum, { requests }) => sum + requests, 0);
