import type { Event, NewEvent } from "@sluice/documents";
import type { JournalStore } from "@sluice/ports";
import { afterAll, beforeEach, describe, expect, test } from "vitest";

/** One journal, as two processes have it open. */
export interface JournalHarness {
  open(): JournalStore;
  stop(): Promise<void>;
}

/** What every store of a journal promises. `create` makes an empty journal. */
export function describeJournalStore(name: string, create: () => Promise<JournalHarness>): void {
  describe(`${name} is a journal store`, () => {
    const created: JournalHarness[] = [];
    let harness: JournalHarness;
    beforeEach(async () => {
      harness = await create();
      created.push(harness);
    });
    afterAll(async () => {
      for (const one of created) await one.stop();
    });

    test("a journal that does not exist yet is empty", async () => {
      expect(await harness.open().read()).toEqual([]);
    });

    test("events are numbered from 1 without gaps, kept in order, and read by everybody", async () => {
      const [mine, theirs] = [harness.open(), harness.open()];
      const first = await mine.append([note("a"), note("b")], 0);
      const second = await theirs.append([note("c")], 2);
      expect(sequences(first)).toEqual([1, 2]);
      expect(sequences(second)).toEqual([3]);
      const all = await mine.read();
      expect(all).toEqual([...(first as Event[]), ...(second as Event[])]);
      expect(all).toEqual(await theirs.read());
      expect(all[1]).toEqual({ schema: "sluice/event/v1", sequence: 2, ...note("b") });
    });

    test("what somebody else was faster with is a conflict, and nothing of it is written", async () => {
      const [mine, theirs] = [harness.open(), harness.open()];
      await theirs.append([note("theirs")], 0);
      expect(await mine.append([note("mine"), note("mine too")], 0)).toBe("conflict");
      expect(texts(await mine.read())).toEqual(["theirs"]);
    });

    test("a place that the journal has not reached is a conflict too", async () => {
      expect(await harness.open().append([note("early")], 5)).toBe("conflict");
      expect(await harness.open().read()).toEqual([]);
    });

    test("no events are no change", async () => {
      expect(await harness.open().append([], 0)).toEqual([]);
      expect(await harness.open().read()).toEqual([]);
    });

    test("of many writers at once exactly one wins each place, and nothing of the others is mixed in", async () => {
      const winners = await Promise.all(
        Array.from({ length: 8 }, (_, writer) =>
          harness.open().append([note(`${writer}-1`), note(`${writer}-2`)], 0),
        ),
      );
      expect(winners.filter((result) => result !== "conflict")).toHaveLength(1);
      const written = texts(await harness.open().read());
      expect(written).toHaveLength(2);
      expect(written[0]!.split("-")[0]).toBe(written[1]!.split("-")[0]);
    });

    test("writers that read again after a conflict all get their turn, and nothing is lost", async () => {
      await Promise.all(
        Array.from({ length: 4 }, async (_, writer) => {
          const store = harness.open();
          for (let entry = 0; entry < 3; ) {
            const after = (await store.read()).length;
            if ((await store.append([note(`${writer}-${entry}`)], after)) !== "conflict") entry += 1;
          }
        }),
      );
      const all = await harness.open().read();
      expect(sequences(all)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
      expect(new Set(texts(all)).size).toBe(12);
    });

    test("text of any kind comes back as it was", async () => {
      const text = 'ü 日本 \u2028 "quoted" \\ back\nline 🚀';
      await harness.open().append([note(text)], 0);
      expect(texts(await harness.open().read())).toEqual([text]);
    });
  });
}

const note = (text: string): NewEvent => ({
  at: "2026-03-04T12:00:00.000Z",
  run: "r1",
  environment: "staging",
  type: "note",
  data: { text },
});

const sequences = (events: readonly Event[] | "conflict") =>
  events === "conflict" ? events : events.map((event) => event.sequence);

const texts = (events: readonly Event[]) =>
  events.map((event) => (event.type === "note" ? event.data.text : event.type));
