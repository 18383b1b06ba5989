import { type Event, type NewEvent, Refusal } from "@sluice/documents";
import { createJournal } from "@sluice/journal";
import type { JournalStore } from "@sluice/ports";
import { VirtualClock } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { withLock } from "./lock.ts";

/** A journal in memory that can be away, and one run on it with a lock of 90 seconds. */
function scene() {
  const clock = new VirtualClock({ isManual: true });
  const all: Event[] = [];
  const state = { isAway: false };
  const store: JournalStore = {
    read: async () => [...all],
    append: async (events: readonly NewEvent[], after) => {
      if (state.isAway)
        throw new Refusal({ reasonCode: "run.journal-unwritable", message: "The journal is away." });
      if (after !== all.length) return "conflict";
      const stored = events.map(
        (event, i) => ({ schema: "sluice/event/v1", sequence: after + i + 1, ...event }) as Event,
      );
      all.push(...stored);
      return stored;
    },
  };
  const open = (owner: string) => ({
    journal: createJournal({ store, run: owner, environment: "test", clock }),
    owner,
    clock,
    lockTerms: { ttlSeconds: 90 },
  });
  return { clock, state, open, types: () => all.map(({ type }) => type) };
}

describe("the lock of a run", () => {
  test("is renewed three times as often as it would end, and given back", async () => {
    const { clock, open, types } = scene();
    await withLock(open("anna"), () => clock.advance(95_000));
    expect(types()).toEqual([
      "lock.acquired",
      "lock.renewed",
      "lock.renewed",
      "lock.renewed",
      "lock.released",
    ]);
  });

  test("is held once: what is done inside has the same fence and writes nothing for it", async () => {
    const { open, types } = scene();
    const anna = open("anna");
    await withLock(anna, (outer) =>
      withLock(anna, async (inner) => {
        expect(inner).toBe(outer);
        await inner();
      }),
    );
    expect(types()).toEqual(["lock.acquired", "lock.released"]);
  });

  test("lets the run put the traffic back while the journal is away, until its time is up", async () => {
    const { clock, open, state } = scene();
    const run = withLock(open("anna"), async (fence) => {
      state.isAway = true;
      await clock.advance(89_000);
      await fence();
      await clock.advance(1000);
      await expect(fence()).rejects.toMatchObject({ reasonCode: "run.journal-unwritable" });
      state.isAway = false;
      await fence();
    });
    await run;
  });

  test("that somebody else took over stops every further change", async () => {
    const { clock, open, state, types } = scene();
    const run = withLock(open("anna"), async (fence) => {
      state.isAway = true;
      await clock.advance(91_000);
      state.isAway = false;
      await open("ben").journal.lock({ owner: "ben", ttlSeconds: 90 });
      await expect(fence()).rejects.toMatchObject({ reasonCode: "run.lock-lost" });
      await clock.advance(30_000);
      await expect(fence()).rejects.toMatchObject({ reasonCode: "run.lock-lost" });
    });
    await run;
    expect(types()).toEqual(["lock.acquired", "lock.acquired"]);
  });

  test("is given back when the work fails", async () => {
    const { open, types } = scene();
    const broken = withLock(open("anna"), () => Promise.reject(new Error("the work")));
    await expect(broken).rejects.toThrow("the work");
    expect(types()).toEqual(["lock.acquired", "lock.released"]);
  });
});
