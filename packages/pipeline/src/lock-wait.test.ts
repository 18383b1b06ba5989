import { type Event, type NewEvent, Refusal } from "@sluice/documents";
import { createJournal } from "@sluice/journal";
import type { JournalStore, Progress } from "@sluice/ports";
import { VirtualClock } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { withLock } from "./lock.ts";
import { holderOf } from "./lock-wait.ts";

/** One journal in memory for several runs, each of whose locks ends after 90 seconds. */
function scene() {
  const clock = new VirtualClock({ isManual: true });
  const all: Event[] = [];
  const store: JournalStore = {
    read: async () => [...all],
    append: async (events: readonly NewEvent[], after) => {
      if (after !== all.length) return "conflict";
      const stored = events.map(
        (event, i) => ({ schema: "sluice/event/v1", sequence: after + i + 1, ...event }) as Event,
      );
      all.push(...stored);
      return stored;
    },
  };
  const said: string[] = [];
  const open = (owner: string, signal = new AbortController().signal) => ({
    journal: createJournal({ store, run: `run of ${owner}`, environment: "test", clock }),
    owner,
    clock,
    signal,
    lockTerms: { ttlSeconds: 90 },
    onProgress: (progress: Progress) => void said.push("text" in progress ? progress.text : ""),
  });
  /** Lets what was begun come to its first wait, and then time pass. */
  const pass = async (seconds: number): Promise<void> => {
    await new Promise(setImmediate);
    await clock.advance(1000 * seconds);
  };
  return { clock, open, said, pass };
}

describe("a run that waits for the lock of another", () => {
  test("says for whom and how long, and goes on when that one has ended", async () => {
    const { clock, open, said, pass } = scene();
    const anna = withLock(open("anna"), () => clock.sleep(40_000));
    await pass(1);
    const ben = withLock(open("ben"), async (_, waited) => waited, { seconds: 3600 });
    await pass(60);
    await anna;
    expect(await ben).toBeGreaterThanOrEqual(39);
    expect(said[0]).toMatch(
      /^waiting for run run of anna of anna: 1h at most\. .* its lock ends in 1m29s\.$/,
    );
    expect(said).toHaveLength(2);
  });

  test("gets the lock of one that was killed when its time is up, not before", async () => {
    const { clock, open, pass } = scene();
    await open("anna").journal.lock({ owner: "anna", ttlSeconds: 90 });
    const begin = clock.now();
    const ben = withLock(open("ben"), async () => clock.now(), { seconds: 600 });
    await pass(120);
    const waited = ((await ben) - begin) / 1000;
    expect(waited).toBeGreaterThanOrEqual(90);
    expect(waited).toBeLessThanOrEqual(92);
  });

  test("gives up after its time, and says that it waited", async () => {
    const { clock, open, pass } = scene();
    const anna = withLock(open("anna"), () => clock.sleep(600_000));
    await pass(1);
    const ben = withLock(open("ben"), async () => {}, { seconds: 30 });
    const refused = expect(ben).rejects.toThrow(/of anna holds the lock.* It was waited for, 30s long\./);
    await pass(60);
    await refused;
    await pass(600);
    await anna;
  });

  test("is told at each look who holds it, and may be stopped by what it finds", async () => {
    const { clock, open, pass } = scene();
    const anna = withLock(open("anna"), () => clock.sleep(600_000));
    await pass(1);
    let looks = 0;
    const ben = withLock(open("ben"), async () => {}, {
      seconds: 3600,
      meanwhile: async ({ owner }) => {
        looks++;
        if (looks === 5) throw new Refusal({ reasonCode: "run.locked", message: `${owner} is newer.` });
      },
    });
    const refused = expect(ben).rejects.toThrow("anna is newer.");
    await pass(10);
    await refused;
    expect(looks).toBe(5);
    await pass(600);
    await anna;
  });

  test("ends its wait when it is cancelled, and has changed nothing", async () => {
    const { clock, open, pass } = scene();
    const anna = withLock(open("anna"), () => clock.sleep(600_000));
    await pass(1);
    const controller = new AbortController();
    const ben = withLock(open("ben", controller.signal), async () => {}, { seconds: 3600 });
    const refused = expect(ben).rejects.toMatchObject({ reasonCode: "run.cancelled" });
    await pass(5);
    controller.abort();
    await pass(1);
    await refused;
    await pass(600);
    await anna;
    expect(await holderOf(open("ben"))).toBeNull();
  });
});
