import type { Event } from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { decideAboutDatabase, refuseContract, refuseRollbackOfRollback } from "./rollback-checks.ts";

const event = (type: string, data: object, service?: string): Event =>
  ({
    schema: "sluice/event/v1",
    ...{ sequence: 1, at: "2026-03-01T00:00:00.000Z", run: "r", environment: "test", type, data },
    ...(service ? { service } : {}),
  }) as unknown as Event;
const finished = (version: string, status: string, reasonCode: string) =>
  event("rollout.finished", { version, status, reasonCode, summary: `${version} ended.` }, "shop");
const migrated = (file: string, phase?: "expand" | "contract") =>
  event("migration.applied", { version: file, file, checksum: "", seconds: 0, ...(phase ? { phase } : {}) });
const seen = (stable: string, ...history: string[]) =>
  ({
    ...{ service: "shop", stable, rollout: null },
    history: history.map((version) => ({ spec: { version } })),
  }) as unknown as Observation;

describe("a rollback of a rollback", () => {
  const afterRollback = seen("1.0.0", "1.0.0", "2.0.0", "1.0.0", "0.9.0");

  test.each([
    ["by a person or a watch", "rollback.verified"],
    ["of a rollout that a person had taken back", "deploy.aborted"],
  ])("%s is refused, with the versions that can be asked for by name", (_, reasonCode) => {
    const events = [
      finished("2.0.0", "succeeded", "deploy.promoted"),
      finished("1.0.0", "rolled_back", reasonCode),
    ];
    expect(() => refuseRollbackOfRollback(events, afterRollback)).toThrow(
      /shop was rolled back to 1\.0\.0[\s\S]*`--to`: `2\.0\.0` and `0\.9\.0`[\s\S]*rollback\.of-rollback/,
    );
  });

  test.each([
    [
      "a release that was promoted since",
      [
        finished("1.0.0", "rolled_back", "rollback.verified"),
        finished("2.0.0", "succeeded", "deploy.promoted"),
      ],
    ],
    [
      "a release that the judge turned round: it was never trusted",
      [finished("2.0.0", "rolled_back", "deploy.rolled-back")],
    ],
    ["a journal that knows of nothing", []],
  ])("is not: %s", (_, events) => {
    refuseRollbackOfRollback(events, afterRollback);
  });
});

describe("the database in a rollback (R368)", () => {
  const promoted = finished("1.0.0", "succeeded", "deploy.promoted");

  test("has nothing to do with it where no migration was applied since the version was promoted", () => {
    const events = [
      migrated("1_start.sql", "contract"),
      promoted,
      finished("2.0.0", "succeeded", "deploy.promoted"),
    ];
    expect(decideAboutDatabase(events, "shop", "1.0.0")).toEqual({
      decision: "none",
      sentence: "No migration was applied since 1.0.0 was deployed.",
      migrations: [],
    });
  });

  test("keeps what expands the schema: the older version works with it", () => {
    const decision = decideAboutDatabase([promoted, migrated("2_add.sql", "expand")], "shop", "1.0.0");
    expect(decision).toMatchObject({
      decision: "kept",
      sentence: "`2_add.sql` stays applied: 1.0.0 works with the expanded schema.",
    });
    refuseContract(decision, "shop", "1.0.0");
    expect(decideAboutDatabase([promoted, migrated("2_add.sql")], "shop", "1.0.0").sentence).toContain(
      "the journal does not say of what kind",
    );
  });

  test("is a reason to refuse where a migration took something away", () => {
    const events = [promoted, migrated("2_add.sql", "expand"), migrated("3_drop.sql", "contract")];
    const decision = decideAboutDatabase(events, "shop", "1.0.0");
    expect(decision.decision).toBe("refused");
    expect(() => refuseContract(decision, "shop", "1.0.0")).toThrow(
      /`3_drop\.sql` took away what 1\.0\.0 may need[\s\S]*--accept-contract[\s\S]*rollback\.contract-applied/,
    );
  });
});
