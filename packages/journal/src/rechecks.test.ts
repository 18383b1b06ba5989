import type { Event } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { rechecks } from "./rechecks.ts";

const HOUR = 3600;
const begin = Date.parse("2026-03-01T00:00:00.000Z");
const iso = (seconds: number) => new Date(begin + 1000 * seconds).toISOString();

/** A journal in few words: each entry is its time in seconds, its kind, its service and its data. */
const journal = (...entries: [number, string, string, Record<string, unknown>][]): Event[] =>
  entries.map(
    ([seconds, type, service, data], i) =>
      ({
        schema: "sluice/event/v1",
        sequence: i + 1,
        at: iso(seconds),
        run: "r",
        environment: "test",
        ...{ service, type, data },
      }) as unknown as Event,
  );
const deployed = (seconds: number, service: string, version: string) =>
  [
    [seconds, "rollout.started", service, { from: "1.0.0", to: version, strategy: "canary", resumed: false }],
    [
      seconds,
      "rollout.finished",
      service,
      { status: "succeeded", reasonCode: "deploy.promoted", version, summary: "" },
    ],
  ] as [number, string, string, Record<string, unknown>][];
const looked = (seconds: number, service: string, dueAfterSeconds: number) =>
  [
    seconds,
    "recheck.finished",
    service,
    { version: "2.0.0", dueAfterSeconds, status: "succeeded", reasonCode: "watch.quiet", summary: "" },
  ] as [number, string, string, Record<string, unknown>];
const back = (seconds: number, service: string) =>
  [
    seconds,
    "rollout.finished",
    service,
    { status: "rolled_back", reasonCode: "rollback.verified", version: "1.0.0", summary: "" },
  ] as [number, string, string, Record<string, unknown>];
const at = (events: Event[], seconds: number) => rechecks(events, [HOUR, 24 * HOUR], begin + 1000 * seconds);

describe("the re-checks of a deployment (R289, R290, C26)", () => {
  test("are due an hour and a day after it, and known before", () => {
    const events = journal(...deployed(0, "shop", "2.0.0"));
    expect(at(events, HOUR - 1)).toEqual({ due: [], nextAt: begin + 1000 * HOUR });
    expect(at(events, HOUR).due).toEqual([
      {
        service: "shop",
        version: "2.0.0",
        from: "1.0.0",
        deployedAt: begin,
        afterSeconds: HOUR,
        isLast: false,
      },
    ]);
    expect(at(events, 30 * HOUR).due).toMatchObject([{ afterSeconds: 24 * HOUR, isLast: true }]);
  });

  test("are made once each", () => {
    const events = journal(...deployed(0, "shop", "2.0.0"), looked(HOUR, "shop", HOUR));
    expect(at(events, 2 * HOUR)).toEqual({ due: [], nextAt: begin + 24_000 * HOUR });
    const all = journal(...deployed(0, "shop", "2.0.0"), looked(25 * HOUR, "shop", 24 * HOUR));
    expect(at(all, 99 * HOUR)).toEqual({ due: [], nextAt: null });
  });

  test("begin anew with each deployment, and end with a rollback", () => {
    const again = journal(
      ...deployed(0, "shop", "2.0.0"),
      looked(HOUR, "shop", HOUR),
      ...deployed(2 * HOUR, "shop", "3.0.0"),
    );
    expect(at(again, 3 * HOUR).due).toMatchObject([{ version: "3.0.0", afterSeconds: HOUR }]);
    expect(at(journal(...deployed(0, "shop", "2.0.0"), back(60, "shop")), 99 * HOUR).due).toEqual([]);
  });

  test("are those of each service", () => {
    const events = journal(...deployed(0, "orders", "2.0.0"), ...deployed(HOUR, "web", "2.0.0"));
    expect(at(events, HOUR).due.map(({ service }) => service)).toEqual(["orders"]);
  });
});
