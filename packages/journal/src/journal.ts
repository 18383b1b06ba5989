import { type Event, type EventKind, type EventOf, type NewEvent, Refusal } from "@sluice/documents";
import type { Clock, JournalStore } from "@sluice/ports";
import { HeldBack, type MeasurementKind } from "./held-back.ts";
import { acquire, type HeldLock, isStillHeld, lockState } from "./lock.ts";
import { lockedRefusal, lockLostRefusal } from "./lock-refusal.ts";

/** How often a write is decided anew before it is given up, and how long it waits between, in milliseconds. */
const ATTEMPTS = 60;
const pauseMilliseconds = (attempt: number) => Math.min(5 * attempt, 100);

/** What a run says: the kind of event and its data; the journal adds when, who and where. */
export type Entry = {
  [K in EventKind]: { type: K; data: EventOf<K>["data"]; service?: string };
}[EventKind];

/** A measurement: an entry that explains a decision and that no other run decides on. */
export type Measurement = Extract<Entry, { type: MeasurementKind }>;

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
  /**
   * Notes a measurement. It is written together with the next event of any kind, or by the first measurement after
   * the oldest has waited for `holdBackSeconds`, in order and once. Nothing else is ever held back: what is lost
   * when the process is killed are measurements of the last `holdBackSeconds`.
   *
   * @throws Refusal as `append` does, when it is this one that writes
   */
  measure(entry: Measurement): Promise<void>;
  /** Every event of the environment, in order; what this run holds back is written first. */
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

/**
 * Opens the journal for one run. Safe to use from several places at once: writes take turns.
 *
 * @param options.holdBackSeconds how long measurements may wait, so that a store whose writes are dear gets fewer
 *   and larger ones; 0 writes each at once
 */
export function createJournal(options: {
  store: JournalStore;
  run: string;
  environment: string;
  clock: Clock;
  holdBackSeconds?: number;
}): Journal {
  const { store, run, environment, clock, holdBackSeconds = 0 } = options;
  const heldBack = new HeldBack();
  const locks = new Map<number, { until: number; ttlSeconds: number; service?: string }>();
  let turn: Promise<unknown> = Promise.resolve();

  const stamp = (entry: Entry): NewEvent =>
    ({ at: new Date(clock.now()).toISOString(), run, environment, ...entry }) as NewEvent;

  /**
   * Reads, decides and writes until nobody was faster; the decision is made anew each time. A decision of null
   * writes nothing, also not what is held back.
   */
  function write(
    decide: (events: readonly Event[]) => readonly NewEvent[] | null,
  ): Promise<readonly Event[]> {
    const mine = turn.then(async () => {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const events = await store.read();
        const wanted = decide(events);
        if (wanted === null) return [];
        const stored = await heldBack.writeWith(wanted, events, (batch, after) => store.append(batch, after));
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

  /** Refuses when a lock of this run was taken over since; then what it holds back is late as well. */
  function assertFence(events: readonly Event[]): void {
    const lost = [...locks.keys()].find((fencing) => !isStillHeld(events, fencing, clock.now()));
    if (lost === undefined) return;
    heldBack.clear();
    throw lockLostRefusal(environment, lost, lockState(events, clock.now()).held.at(-1));
  }

  function appendAll(entries: readonly Entry[]): Promise<readonly Event[]> {
    const stamped = entries.map(stamp);
    return write((events) => {
      assertFence(events);
      return stamped;
    });
  }

  const flush = async (): Promise<void> => void (heldBack.isEmpty || (await appendAll([])));

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
    await write((events) => {
      if (isStillHeld(events, fencing, clock.now()))
        return [stamp({ type: "lock.released", data: { owner, fencing }, service: held.service })];
      heldBack.clear();
      return null;
    });
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
    async measure(entry) {
      heldBack.add(stamp(entry));
      if (heldBack.waitedSeconds(clock.now()) >= holdBackSeconds) await flush();
    },
    async events() {
      await flush();
      return store.read();
    },
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
