import type { Event, NewEvent } from "@sluice/documents";
import { Refusal } from "@sluice/documents";
import type { Clock, JournalStore } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { createJournal, type Measurement } from "./journal.ts";

/** A store in memory that counts its writes. `trouble` comes before a write, or after it, so that only the answer is lost. */
function memory() {
  const all: Event[] = [];
  const writes: string[][] = [];
  const store = {
    all,
    writes,
    trouble: null as "before" | "after" | null,
    read: async () => [...all],
    append: async (events: readonly NewEvent[], after: number) => {
      const { trouble } = store;
      const away = new Refusal({ reasonCode: "run.journal-unwritable", message: "The store is away." });
      if (trouble === "before") throw away;
      if ((all.at(-1)?.sequence ?? 0) !== after) return "conflict" as const;
      const stored = events.map(
        (event, i) => ({ schema: "sluice/event/v1", sequence: after + i + 1, ...event }) as Event,
      );
      all.push(...stored);
      writes.push(stored.map(({ type }) => type));
      if (trouble === "after") throw away;
      return stored;
    },
  };
  return store satisfies JournalStore;
}

function handClock(): Clock & { advance(seconds: number): void } {
  let now = Date.UTC(2026, 0, 1);
  return {
    now: () => now,
    sleep: async () => {},
    advance: (seconds) => {
      now += 1000 * seconds;
    },
  };
}

const check = (name: string): Measurement => ({
  type: "verify.check",
  data: { check: name, passed: true, attempts: 1, message: "" },
});
const names = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === "verify.check" ? [event.data.check] : [event.type]));

function open(holdBackSeconds = 30) {
  const store = memory();
  const clock = handClock();
  const journal = createJournal({ store, run: "r1", environment: "staging", clock, holdBackSeconds });
  return { store, clock, journal };
}

describe("measurements that are held back", () => {
  test("are written in one go with the next event of another kind, before it, with the time of their own", async () => {
    const { store, clock, journal } = open();
    await journal.measure(check("a"));
    clock.advance(5);
    await journal.measure(check("b"));
    expect(store.writes).toEqual([]);
    clock.advance(5);
    const event = await journal.append("note", { text: "done" });
    expect(store.writes).toEqual([["verify.check", "verify.check", "note"]]);
    expect(event).toMatchObject({ type: "note", sequence: 3 });
    expect(store.all.map(({ at }) => at.slice(17, 19))).toEqual(["00", "05", "10"]);
  });

  test("are written by the first one after the time is up", async () => {
    const { store, clock, journal } = open(30);
    for (let seconds = 0; seconds <= 60; seconds += 10) {
      await journal.measure(check(`${seconds}`));
      clock.advance(10);
    }
    expect(store.writes.map((write) => write.length)).toEqual([4]);
    expect(names(store.all)).toEqual(["0", "10", "20", "30"]);
    expect(names(await journal.events())).toEqual(["0", "10", "20", "30", "40", "50", "60"]);
  });

  test("without a time to wait are written at once", async () => {
    const { store, journal } = open(0);
    await journal.measure(check("a"));
    await journal.measure(check("b"));
    expect(store.writes).toHaveLength(2);
  });

  test("go with what keeps and gives back the lock", async () => {
    const { store, journal } = open();
    const lock = await journal.lock({ owner: "anna", ttlSeconds: 90 });
    await journal.measure(check("a"));
    await lock.renew();
    await journal.measure(check("b"));
    await lock.release();
    expect(names(store.all)).toEqual(["lock.acquired", "a", "lock.renewed", "b", "lock.released"]);
    expect(store.writes).toHaveLength(3);
  });

  test("keep their order when several places write at once", async () => {
    const { store, journal } = open();
    const writing = [];
    for (let i = 0; i < 20; i++) {
      writing.push(journal.measure(check(`${i}`)));
      if (i % 5 === 4) writing.push(journal.append("note", { text: `${i}` }));
    }
    await Promise.all(writing);
    const checks = names(store.all).filter((name) => name !== "note");
    expect(checks).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
  });

  test("are kept when a write fails, and the failure is told to whoever wrote", async () => {
    const { store, clock, journal } = open(30);
    await journal.measure(check("a"));
    clock.advance(30);
    store.trouble = "before";
    await expect(journal.measure(check("b"))).rejects.toMatchObject({ reasonCode: "run.journal-unwritable" });
    store.trouble = null;
    await journal.measure(check("c"));
    expect(names(store.all)).toEqual(["a", "b", "c"]);
  });

  test("are not doubled when a write happened and only its answer was lost", async () => {
    const { store, clock, journal } = open(30);
    await journal.measure(check("a"));
    clock.advance(1);
    store.trouble = "after";
    await expect(journal.append("note", { text: "lost answer" })).rejects.toThrow();
    store.trouble = null;
    clock.advance(1);
    await journal.measure(check("b"));
    await journal.append("note", { text: "next" });
    expect(names(store.all)).toEqual(["a", "note", "b", "note"]);
  });

  test("of a run whose lock was taken over are never written", async () => {
    const { store, clock, journal } = open(30);
    const lock = await journal.lock({ owner: "anna", ttlSeconds: 60 });
    await journal.measure(check("late"));
    clock.advance(61);
    const other = createJournal({ store, run: "r2", environment: "staging", clock });
    await other.lock({ owner: "ben", ttlSeconds: 60 });
    await lock.release();
    await journal.append("note", { text: "how it ended" });
    expect(names(store.all)).toEqual(["lock.acquired", "lock.acquired", "note"]);
  });
});
