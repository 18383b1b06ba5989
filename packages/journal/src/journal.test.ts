import type { Event, NewEvent } from "@sluice/documents";
import type { Clock, JournalStore } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { createJournal } from "./journal.ts";

/** A store in memory; `intrude` puts somebody else's events in just before an append. */
function memory(intrude: () => readonly NewEvent[] = () => []): JournalStore & { all: Event[] } {
  const all: Event[] = [];
  const add = (events: readonly NewEvent[]) => {
    const stored = events.map(
      (event, i) => ({ schema: "sluice/event/v1", sequence: all.length + i + 1, ...event }) as Event,
    );
    all.push(...stored);
    return stored;
  };
  return {
    all,
    read: async () => [...all],
    append: async (events, after) => {
      add(intrude());
      return (all.at(-1)?.sequence ?? 0) === after ? add(events) : "conflict";
    },
  };
}

const start = Date.parse("2026-03-04T12:00:00.000Z");
function virtualClock(): Clock & { advance(milliseconds: number): void } {
  let now = start;
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}
const open = (store: JournalStore, clock: Clock, run = "r1") =>
  createJournal({ store, run, environment: "staging", clock });
const strangers = (text: string): NewEvent => ({
  at: new Date(start).toISOString(),
  run: "other",
  environment: "staging",
  type: "note",
  data: { text },
});

describe("the journal of one run", () => {
  test("adds when, who and where to what is said", async () => {
    const event = await open(memory(), virtualClock()).append("note", { text: "hello" }, "orders");
    expect(event).toEqual({
      schema: "sluice/event/v1",
      sequence: 1,
      at: "2026-03-04T12:00:00.000Z",
      run: "r1",
      environment: "staging",
      service: "orders",
      type: "note",
      data: { text: "hello" },
    });
  });

  test("tries again when somebody else was faster", async () => {
    let times = 3;
    const store = memory(() => (times-- > 0 ? [strangers("mine first")] : []));
    expect((await open(store, virtualClock()).append("note", { text: "late" })).sequence).toBe(4);
  });

  test("gives up after a bounded number of tries, and says so", async () => {
    const store = memory(() => [strangers("again")]);
    await expect(open(store, virtualClock()).append("note", { text: "never" })).rejects.toMatchObject({
      reasonCode: "run.journal-conflict",
    });
  });

  test("takes turns when several places write at once", async () => {
    const store = memory();
    const journal = open(store, virtualClock());
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append("note", { text: `${i}` })));
    expect(store.all.map((event) => event.sequence)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test("a refused write does not stop the next one", async () => {
    let times = 60;
    const journal = open(
      memory(() => (times-- > 0 ? [strangers("busy")] : [])),
      virtualClock(),
    );
    await expect(journal.append("note", { text: "a" })).rejects.toThrow();
    await expect(journal.append("note", { text: "b" })).resolves.toMatchObject({ data: { text: "b" } });
  });
});

describe("two runs on one environment", () => {
  test("the second is refused and told who holds the lock; after the release it gets it", async () => {
    const store = memory();
    const clock = virtualClock();
    const first = await open(store, clock).lock({ owner: "anna", ttlSeconds: 60 });
    const second = open(store, clock, "r2");
    await expect(second.lock({ owner: "ben", ttlSeconds: 60 })).rejects.toThrow(
      /Run r1 of anna holds the lock/,
    );
    expect(second.fence()).toBeNull();
    await first.release();
    expect((await second.lock({ owner: "ben", ttlSeconds: 60 })).fencing).toBe(2);
    expect(second.fence()).toBe(2);
  });

  test("a lock is decided anew when another run was faster by a moment", async () => {
    const clock = virtualClock();
    let rival = true;
    const store: JournalStore = memory(() => {
      if (!rival) return [];
      rival = false;
      return [
        {
          ...strangers(""),
          type: "lock.acquired",
          data: { owner: "ben", fencing: 1, expiresAt: new Date(start + 60_000).toISOString() },
        } as NewEvent,
      ];
    });
    await expect(open(store, clock).lock({ owner: "anna", ttlSeconds: 60 })).rejects.toMatchObject({
      reasonCode: "run.locked",
    });
  });

  test("renewing keeps the lock, as long as it is done", async () => {
    const store = memory();
    const clock = virtualClock();
    const journal = open(store, clock);
    await journal.lock({ owner: "anna", ttlSeconds: 60 });
    clock.advance(50_000);
    await journal.renew();
    clock.advance(50_000);
    await expect(open(store, clock, "r2").lock({ owner: "ben", ttlSeconds: 60 })).rejects.toThrow(/anna/);
  });

  test("a run that slept past its lock writes nothing after it was taken over", async () => {
    const store = memory();
    const clock = virtualClock();
    const sleeper = open(store, clock);
    const lock = await sleeper.lock({ owner: "anna", ttlSeconds: 60 });
    clock.advance(61_000);
    await sleeper.append("note", { text: "expired, but nobody wanted it: still the owner" });
    await open(store, clock, "r2").lock({ owner: "ben", ttlSeconds: 60 });
    const count = store.all.length;
    await expect(sleeper.append("note", { text: "too late" })).rejects.toMatchObject({
      reasonCode: "run.lock-lost",
    });
    await expect(lock.renew()).rejects.toThrow(/Run r2 of ben has it now \(number 2\)/);
    await lock.release(); // gives back nothing that is not its own
    expect(store.all).toHaveLength(count);
  });

  test("the same run may lock the same thing again without losing its own writes", async () => {
    const journal = open(memory(), virtualClock());
    await journal.lock({ owner: "anna", ttlSeconds: 60 });
    const again = await journal.lock({ owner: "anna", ttlSeconds: 60 });
    await journal.append("note", { text: "still writing" });
    expect(again.fencing).toBe(2);
    await journal.release();
    expect(journal.fence()).toBeNull();
  });
});
