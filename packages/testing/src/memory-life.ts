import type { Behaviour } from "./memory-traffic.ts";

/** When a replica of a version with some behaviour is ready, dies, and comes back; times in milliseconds since 1970. */
export interface Life {
  isReady(at: number): boolean;
  /** How often it has died; one that dies comes back, but is not ready again before its start-up time. */
  deaths(at: number): number;
  /** The next moments after `since` at which it becomes ready or dies. */
  turns(since: number): number[];
}

export function lifeOf(
  { diesAfterSeconds: life, startSeconds = 1, neverReady }: Behaviour,
  startedAt: number,
): Life {
  const start = 1000 * startSeconds;
  const cycle = life === undefined ? Number.POSITIVE_INFINITY : 1000 * (life + startSeconds);
  return {
    isReady: (at) => {
      const age = at - startedAt;
      return !neverReady && (life === undefined ? age : age % cycle) >= start;
    },
    deaths: (at) => (life === undefined ? 0 : Math.floor((at - startedAt) / cycle)),
    turns: (since) => {
      if (life === undefined) return [startedAt + start];
      const begun = startedAt + Math.floor(Math.max(0, since - startedAt) / cycle) * cycle;
      return [begun + start, begun + cycle, begun + cycle + start];
    },
  };
}
