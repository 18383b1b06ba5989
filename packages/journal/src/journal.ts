import { type Event, type EventKind, type EventOf, type NewEvent, Refusal } from "@sluice/documents";
import type { Clock, JournalStore } from "@sluice/ports";
import { acquire, type HeldLock, isStillHeld, lockState } from "./lock.ts";
import { lockedRefusal, lockLostRefusal } from "./lock-refusal.ts";

/** How often a write is decided anew before it is given up, and how long it waits between, in milliseconds. */
const ATTEMPTS = 60;
const pauseMilliseconds = (attempt: number) => Math.min(5 * attempt, 100);

/** What a run says: the kind of event and its data; the journal adds when, who and where. */
export type Entry = {
  [K in EventKind]: { type: K; data: EventOf<K>["data"]; service?: string };
}[EventKind];

/** A lock that this run holds. */
export interface Lock {
  readonly fencing: number;
  readonly service: string | undefined;
  /** Milliseconds since 1970; later after each `renew`. */
  readonly until: number;
  /** Holds the lock for another `ttlSeconds` from now. @throws Refusal `run.lock-lost` when it was taken over */
  renew(): Promise<void>;
  /** Gives the lock back; does nothing when it is not held any more. */
  release(): Promise<void>;
}

/** The journal of one environment, as one run writes and reads it. */
export interface Journal {
  /**
   * Writes one event.
   *
   * @throws Refusal `run.lock-lost` when a lock of this run was taken over: a late writer writes nothing
   * @throws Refusal `run.journal-conflict` when others write so much that no turn was found
   */
  append<K extends EventKind>(type: K, data: EventOf<K>["data"], service?: string): Promise<EventOf<K>>;
  /** Writes several events or none. */
  appendAll(entries: readonly Entry[]): Promise<readonly Event[]>;
  /** Every event of the environment, in order. */
  events(): Promise<readonly Event[]>;
  /** @throws Refusal `run.locked`, which says who holds it, since when, until when and what to do */
  lock(request: {
    owner: string;
    ttlSeconds: number;
    service?: string;
    isGone?: (owner: string) => boolean;
  }): Promise<Lock>;
  /** Renews every lock of this run. */
  renew(): Promise<void>;
  /** Releases every lock of this run. */
  release(): Promise<void>;
  /** The newest fencing number of this run; null while it holds no lock. */
  fence(): number | null;
}

/** Opens the journal for one run. Safe to use from several places at once: writes take turns. */
export function createJournal(options: {
  store: JournalStore;
  run: string;
  environment: string;
  clock: Clock;
}): Journal {
  const { store, run, environment, clock } = options;
  const locks = new Map<number, { until: number; ttlSeconds: number; service?: string }>();
  let turn: Promise<unknown> = Promise.resolve();

  const stamp = (entry: Entry): NewEvent =>
    ({ at: new Date(clock.now()).toISOString(), run, environment, ...entry }) as NewEvent;

  /** Reads, decides and writes until nobody was faster; the decision is made anew each time. */
  function write(decide: (events: readonly Event[]) => readonly NewEvent[]): Promise<readonly Event[]> {
    const mine = turn.then(async () => {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const events = await store.read();
        const wanted = decide(events);
        if (wanted.length === 0) return [];
        const stored = await store.append(wanted, events.at(-1)?.sequence ?? 0);
        if (stored !== "conflict") return stored;
        await clock.sleep(pauseMilliseconds(attempt));
      }
      throw new Refusal({
        reasonCode: "run.journal-conflict",
        message: `Other runs wrote to the journal of ${environment} at the same time, ${ATTEMPTS} times in a row.`,
        remedy: "Run this again when fewer runs are active in this environment.",
      });
    });
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Refuses when a lock of this run was taken over since. */
  function assertFence(events: readonly Event[]): void {
    for (const fencing of locks.keys())
      if (!isStillHeld(events, fencing, clock.now()))
        throw lockLostRefusal(environment, fencing, lockState(events, clock.now()).held.at(-1));
  }

  function appendAll(entries: readonly Entry[]): Promise<readonly Event[]> {
    const stamped = entries.map(stamp);
    return write((events) => {
      assertFence(events);
      return stamped;
    });
  }

  async function renew(fencing: number, owner: string): Promise<void> {
    const held = locks.get(fencing);
    if (!held) throw lockLostRefusal(environment, fencing, undefined);
    let until = 0;
    await write((events) => {
      assertFence(events);
      until = clock.now() + held.ttlSeconds * 1000;
      const data = { owner, fencing, expiresAt: new Date(until).toISOString() };
      return [stamp({ type: "lock.renewed", data, service: held.service })];
    });
    held.until = until;
  }

  async function release(fencing: number, owner: string): Promise<void> {
    const held = locks.get(fencing);
    if (!held) return;
    await write((events) =>
      isStillHeld(events, fencing, clock.now())
        ? [stamp({ type: "lock.released", data: { owner, fencing }, service: held.service })]
        : [],
    );
    locks.delete(fencing);
  }

  const handles = new Map<number, Lock>();

  return {
    async append(type, data, service) {
      const entry = { type, data, ...(service === undefined ? {} : { service }) } as Entry;
      const [stored] = await appendAll([entry]);
      return stored as EventOf<typeof type>;
    },
    appendAll,
    events: () => store.read(),
    async lock({ owner, ttlSeconds, service, isGone }) {
      let taken: { fencing: number; until: number; ended: readonly HeldLock[] } = {
        fencing: 0,
        until: 0,
        ended: [],
      };
      await write((events) => {
        const now = clock.now();
        const decision = acquire(events, { owner, run, environment, service, now, ttlSeconds, isGone });
        if ("heldBy" in decision) throw lockedRefusal(decision.lock, now);
        taken = decision;
        return decision.events;
      });
      const { fencing } = taken;
      for (const earlier of taken.ended) {
        locks.delete(earlier.fencing);
        handles.delete(earlier.fencing);
      }
      locks.set(fencing, { until: taken.until, ttlSeconds, service });
      const lock: Lock = {
        fencing,
        service,
        get until() {
          return locks.get(fencing)?.until ?? taken.until;
        },
        renew: () => renew(fencing, owner),
        release: async () => {
          await release(fencing, owner);
          handles.delete(fencing);
        },
      };
      handles.set(fencing, lock);
      return lock;
    },
    async renew() {
      for (const lock of [...handles.values()]) await lock.renew();
    },
    async release() {
      for (const lock of [...handles.values()]) await lock.release();
    },
    fence: () => (locks.size === 0 ? null : Math.max(...locks.keys())),
  };
}
