import type { Event } from "@sluice/documents";
import { type RolloutEvent, type RolloutSpec, rollbackService, runRollout } from "@sluice/rollout";
import { MemoryEnvironment, memoryRouter, memoryTarget, VirtualClock, versionSpec } from "@sluice/testing";
import { describe, expect, test } from "vitest";
import { refuseRollbackOfRollback } from "./rollback-checks.ts";

const version = (name: string) => versionSpec(name, { replicas: 2 });

/** An environment with its journal, in which releases are deployed and taken back. */
function scene() {
  const clock = new VirtualClock();
  const environment = new MemoryEnvironment({ clock });
  const events: Event[] = [];
  const around = {
    target: memoryTarget(environment),
    router: memoryRouter(environment),
    clock,
    record: (event: RolloutEvent) => {
      const stored = {
        schema: "sluice/event/v1",
        sequence: events.length + 1,
        run: "1",
        environment: "test",
      };
      events.push({ ...stored, ...event } as Event);
    },
  };
  const reason = { reasonCode: "rollback.verified", sentence: "The totals are wrong." } as const;
  return {
    deploy(to: string) {
      const spec: RolloutSpec = {
        ...{ id: `plan-${to}`, service: "shop", version: version(to), secrets: {} },
        strategy: "bluegreen",
      };
      return runRollout({ ...around, spec, metrics: null });
    },
    async rollBack(to?: string) {
      if (to === undefined) refuseRollbackOfRollback(events, environment.observe());
      return rollbackService({ ...around, service: "shop", reason, ...(to ? { to } : {}) });
    },
    stable: () => environment.observe().stable,
  };
}

describe("a rollback of a rollback", () => {
  test("EX-07 is refused, as the version before is the one that was taken away; the others are named", async () => {
    const { deploy, rollBack, stable } = scene();
    for (const to of ["1.0.0", "1.1.0", "1.2.0"]) await deploy(to);
    expect(await rollBack()).toMatchObject({ status: "rolled_back", to: "1.1.0" });
    await expect(rollBack()).rejects.toMatchObject({
      reasonCode: "rollback.of-rollback",
      problems: [{ remedy: expect.stringContaining("1.0.0") }],
    });
    expect(stable()).toBe("1.1.0");
  });

  test("EX-07 is done when the version is asked for by name, and after the next release without", async () => {
    const { deploy, rollBack, stable } = scene();
    for (const to of ["1.0.0", "1.1.0"]) await deploy(to);
    await rollBack();
    expect(await rollBack("1.1.0")).toMatchObject({ status: "rolled_back", to: "1.1.0" });
    await deploy("1.2.0");
    expect(await rollBack()).toMatchObject({ status: "rolled_back", from: "1.2.0", to: "1.1.0" });
    expect(stable()).toBe("1.1.0");
  });
});
