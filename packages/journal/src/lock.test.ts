import type { Event, NewEvent } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { acquire, isStillHeld, type LockRequest, lockState } from "./lock.ts";
import { lockedRefusal } from "./lock-refusal.ts";

const noon = Date.parse("2026-03-04T12:00:00.000Z");
const request = (changes: Partial<LockRequest> = {}): LockRequest => ({
  owner: "anna",
  run: "r1",
  environment: "production",
  now: noon,
  ttlSeconds: 60,
  ...changes,
});

function stored(events: readonly NewEvent[], before: readonly Event[] = []): Event[] {
  return [
    ...before,
    ...events.map(
      (event, i) => ({ schema: "sluice/event/v1", sequence: before.length + i + 1, ...event }) as Event,
    ),
  ];
}

function take(events: readonly Event[], changes: Partial<LockRequest>): Event[] {
  const decision = acquire(events, request(changes));
  if ("heldBy" in decision) throw new Error(`held by ${decision.heldBy}`);
  return stored(decision.events, events);
}

describe("a lock in the journal", () => {
  test("is given to the first who asks, with fencing number 1", () => {
    const events = take([], {});
    expect(lockState(events, noon)).toEqual({
      fencing: 1,
      held: [
        {
          owner: "anna",
          run: "r1",
          environment: "production",
          fencing: 1,
          since: noon,
          until: noon + 60_000,
          isExpired: false,
        },
      ],
    });
  });

  test("tells the second who holds it, since when and until when", () => {
    const second = acquire(take([], {}), request({ owner: "ben", run: "r2", now: noon + 10_000 }));
    expect(second).toMatchObject({ heldBy: "anna", since: noon, until: noon + 60_000 });
    if (!("heldBy" in second)) throw new Error("not held");
    const refusal = lockedRefusal(second.lock, noon + 10_000);
    expect(refusal.reasonCode).toBe("run.locked");
    expect(refusal.problems[0].message).toBe(
      "Run r1 of anna holds the lock of production since 2026-03-04 12:00:00 UTC; it ends by 2026-03-04 12:01:00 UTC unless that run renews it.",
    );
    expect(refusal.problems[0].remedy).toMatch(/Wait until that run has ended, or cancel it/);
  });

  test("gives a number that grows by one with every acquisition, also after a release", () => {
    let events = take([], {});
    events = stored(
      [
        {
          at: new Date(noon).toISOString(),
          run: "r1",
          environment: "production",
          type: "lock.released",
          data: { owner: "anna", fencing: 1 },
        },
      ],
      events,
    );
    expect(lockState(events, noon).held).toEqual([]);
    events = take(events, { owner: "ben" });
    expect(lockState(events, noon).fencing).toBe(2);
  });

  test("that has expired is taken over, and the event says from whom and why", () => {
    const events = take(take([], {}), { owner: "ben", run: "r2", now: noon + 60_000 });
    expect(events.at(-1)).toMatchObject({
      type: "lock.acquired",
      data: { owner: "ben", fencing: 2, tookOver: { owner: "anna", fencing: 1, why: "expired" } },
    });
    expect(isStillHeld(events, 1, noon + 60_000)).toBe(false);
    expect(isStillHeld(events, 2, noon + 60_000)).toBe(true);
  });

  test("whose owner is certainly gone does not have to expire", () => {
    const isGone = (owner: string) => owner === "anna";
    const events = take(take([], {}), { owner: "ben", now: noon + 1, isGone });
    expect(events.at(-1)).toMatchObject({ data: { tookOver: { why: "owner-gone" } } });
  });

  test("can be taken again by its owner, which fences off the earlier try", () => {
    const events = take(take([], {}), { now: noon + 1 });
    expect(events.at(-1)).toMatchObject({ data: { fencing: 2, tookOver: { why: "same-owner" } } });
    expect(isStillHeld(events, 1, noon + 1)).toBe(false);
  });

  test("of the environment excludes those of its services, and the other way round", () => {
    expect(acquire(take([], {}), request({ owner: "ben", service: "orders" }))).toHaveProperty("heldBy");
    expect(acquire(take([], { service: "orders" }), request({ owner: "ben" }))).toHaveProperty("heldBy");
  });

  test("of one service leaves another service alone", () => {
    const events = take(take([], { service: "orders" }), { owner: "ben", service: "web" });
    expect(lockState(events, noon).held.map((lock) => [lock.owner, lock.service])).toEqual([
      ["anna", "orders"],
      ["ben", "web"],
    ]);
  });

  test("of the environment ends every expired lock of its services, so that none is left behind", () => {
    const both = take(take([], { service: "orders" }), { owner: "ben", service: "web" });
    const events = take(both, { owner: "eve", now: noon + 90_000 });
    expect(lockState(events, noon + 90_000).held.map((lock) => lock.owner)).toEqual(["eve"]);
  });
});
