import type { Event, EventOf, NewEvent } from "@sluice/documents";

/** A lock as the journal has it. Times are milliseconds since 1970. */
export interface HeldLock {
  owner: string;
  /** Grows by one with every acquisition in the environment, so that a late writer can be told apart. */
  fencing: number;
  environment: string;
  /** Absent: the lock is on the whole environment. */
  service?: string;
  /** The run that holds it. */
  run: string;
  since: number;
  until: number;
  isExpired: boolean;
}

export interface LockState {
  /** Locks that were taken and not released, expired ones included; oldest first. */
  held: readonly HeldLock[];
  /** The newest fencing number that was ever given out; 0 before the first. */
  fencing: number;
}

/**
 * Which locks are held at `now`, read from the journal of one environment.
 *
 * @param now milliseconds since 1970
 */
export function lockState(events: readonly Event[], now: number): LockState {
  const held = new Map<number, Omit<HeldLock, "isExpired">>();
  let fencing = 0;
  for (const event of events) {
    if (event.type === "lock.acquired") {
      fencing = Math.max(fencing, event.data.fencing);
      if (event.data.tookOver) held.delete(event.data.tookOver.fencing);
      held.set(event.data.fencing, {
        owner: event.data.owner,
        fencing: event.data.fencing,
        environment: event.environment,
        ...(event.service === undefined ? {} : { service: event.service }),
        run: event.run,
        since: Date.parse(event.at),
        until: Date.parse(event.data.expiresAt),
      });
    } else if (event.type === "lock.renewed") {
      const lock = held.get(event.data.fencing);
      if (lock) lock.until = Date.parse(event.data.expiresAt);
    } else if (event.type === "lock.released") held.delete(event.data.fencing);
  }
  return {
    held: [...held.values()].map((lock) => ({ ...lock, isExpired: lock.until <= now })),
    fencing,
  };
}

/** A lock of the environment excludes every other; locks of two services leave each other alone. */
const excludes = (a: string | undefined, b: string | undefined) =>
  a === undefined || b === undefined || a === b;

export interface LockRequest {
  /** Who asks, for people and for a second try: one owner is one run, also when it is started again. */
  owner: string;
  run: string;
  environment: string;
  /** Absent: the whole environment. */
  service?: string;
  /** Milliseconds since 1970. */
  now: number;
  ttlSeconds: number;
  /**
   * True when it is certain that the holder does not run any more (its process has ended on this
   * machine), so that nobody has to wait for the lock to expire.
   */
  isGone?: (owner: string) => boolean;
}

export type Acquisition =
  | { events: NewEvent[]; fencing: number; until: number; ended: readonly HeldLock[] }
  | { heldBy: string; since: number; until: number; lock: HeldLock };

/**
 * Decides who gets the lock: what to append, or who holds it. A lock that has expired, whose owner
 * is gone, or that the same owner asks for again, is taken over; the event says from whom and why.
 */
export function acquire(events: readonly Event[], request: LockRequest): Acquisition {
  const state = lockState(events, request.now);
  // A run that holds the environment may lock a service of it as well: it does not stand in its own way.
  const inTheWay = state.held.filter(
    (lock) =>
      excludes(lock.service, request.service) &&
      (lock.owner !== request.owner || lock.service === request.service),
  );
  const blocking = inTheWay.find((lock) => whyTakeOver(lock, request) === null);
  if (blocking)
    return { heldBy: blocking.owner, since: blocking.since, until: blocking.until, lock: blocking };

  const envelope = {
    at: new Date(request.now).toISOString(),
    run: request.run,
    environment: request.environment,
  };
  const fencing = state.fencing + 1;
  const until = request.now + request.ttlSeconds * 1000;
  // One acquisition can end several locks (those of services by one of the environment): the newest is
  // named as taken over, the others are released by name, so that no lock is left behind.
  const [ended, ...others] = inTheWay.toReversed();
  const released = others.map(
    (lock): NewEvent => ({
      ...envelope,
      ...(lock.service === undefined ? {} : { service: lock.service }),
      type: "lock.released",
      data: { owner: lock.owner, fencing: lock.fencing },
    }),
  );
  const acquired: NewEvent = {
    ...envelope,
    ...(request.service === undefined ? {} : { service: request.service }),
    type: "lock.acquired",
    data: {
      owner: request.owner,
      fencing,
      expiresAt: new Date(until).toISOString(),
      ...(ended === undefined
        ? {}
        : {
            tookOver: {
              owner: ended.owner,
              fencing: ended.fencing,
              why: whyTakeOver(ended, request) ?? "expired",
            },
          }),
    },
  };
  return { events: [...released, acquired], fencing, until, ended: inTheWay };
}

function whyTakeOver(
  lock: HeldLock,
  request: LockRequest,
): NonNullable<EventOf<"lock.acquired">["data"]["tookOver"]>["why"] | null {
  if (lock.owner === request.owner) return "same-owner";
  if (lock.isExpired) return "expired";
  if (request.isGone?.(lock.owner)) return "owner-gone";
  return null;
}

/**
 * Whether the lock with this fencing number still belongs to the one who took it. A lock that has
 * expired and that nobody took over still does: with compare-and-swap there is no moment in between.
 */
export function isStillHeld(events: readonly Event[], fencing: number, now: number): boolean {
  return lockState(events, now).held.some((lock) => lock.fencing === fencing);
}
