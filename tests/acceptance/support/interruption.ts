import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Load } from "../../../scripts/demo/load.ts";
import { customers, expectOnly, recorded, until } from "./customers.ts";
import { leftoversOf } from "./leftovers.ts";
import { makeProject, type Project } from "./project.ts";
import { cli, release, startCli } from "./sluice.ts";

/** The moments of a canary, as the target records them. */
const moments = ["starting", "5 %", "25 %", "50 %", "draining"] as const;
type Moment = (typeof moments)[number];

async function reached(project: Project, moment: Moment): Promise<boolean> {
  const state = await recorded(project);
  const rollout = state?.rollout;
  if (!rollout) return false;
  if (moment === "starting" || moment === "draining") return rollout.phase === moment;
  const weight = state.weights[rollout.to] ?? 0;
  return rollout.phase === "stepping" && `${weight} %` === moment;
}

/**
 * Ends the deploying process in every moment of a canary while customers ask, and holds what follows to the promise:
 * nobody loses a request, and a second run of the same converges.
 */
export function promiseSurvivalOf(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
  const isKill = name === "SIGKILL";
  describe(`a canary whose process gets ${name} under load`, () => {
    let project: Project;
    let load: Load;
    let version = 1;

    beforeAll(async () => {
      project = await makeProject({ environment: { keepOldFor: "1s" } });
      // Long enough for a busy machine to see a step and to signal before it is over.
      await project.set("test", { "canary.steps.1.pause": "700ms", "canary.steps.2.pause": "700ms" });
      expect((await release(project, "1.0.0")).exitCode).toBe(0);
      load = await customers(project);
    });
    afterAll(() => project.remove());

    const deploy = () => ["deploy", "--version", `${version}.0.0`, "--json"];

    test.each(moments)(
      `at ${isKill ? "%s stays where it was" : "%s puts the traffic where it is safe"}; the next run converges, and no request is lost`,
      async (moment) => {
        const old = `${version}.0.0`;
        const fresh = `${++version}.0.0`;
        await cli(project, ["build", "--version", fresh]);
        const running = startCli(project, deploy());
        await until(`the canary is at ${moment}`, () => reached(project, moment));
        running.child.kill(name);
        const ended = await running.ended;

        if (isKill) expect(ended.signal).toBe("SIGKILL");
        else if (moment === "draining") {
          // It is promoted already: stopping now takes nothing back.
          expect([ended.exitCode, ended.json.reasonCode]).toEqual([0, "deploy.promoted"]);
        } else {
          expect([ended.exitCode, ended.json.status, ended.json.reasonCode]).toEqual([
            130,
            "cancelled",
            "deploy.cancelled",
          ]);
          await expectOnly(project, old);
        }

        const again = await cli(project, deploy());
        expect([again.exitCode, again.json.status]).toEqual([0, "succeeded"]);
        await expectOnly(project, fresh);
        const { failed, causes } = load.report();
        expect({ failed, causes }).toEqual({ failed: 0, causes: {} });
        const promotions = (await recorded(project))!.history.filter(({ spec }) => spec.version === fresh);
        expect(promotions).toHaveLength(1);
      },
    );

    test("in the build before it leaves no process of the build behind, and the journal says how it ended", async () => {
      const build = "services.0.build.build";
      await project.set("project", { [build]: ["sh", "-c", "sleep 60; true"] });
      const running = startCli(project, ["run", "--version", "9.9.9", "--json"]);
      await until("the build is under way", async () =>
        (await leftoversOf(project.directory)).some((process) => /sleep 60$/.test(process)),
      );
      running.child.kill(name);
      const ended = await running.ended;
      await until("nothing of it runs", async () => (await leftoversOf(project.directory)).length === 0);
      await project.set("project", { [build]: undefined, "services.0.build.output": "." });
      if (!isKill) {
        expect([ended.exitCode, ended.json.status]).toEqual([130, "cancelled"]);
        const last = (await project.journal()).findLast(({ type }) => type === "run.finished");
        expect(last?.data).toMatchObject({ status: "cancelled", reasonCode: "run.cancelled" });
      }
    });

    test("can be rolled back by another run instead", async () => {
      const old = `${version}.0.0`;
      const fresh = `${++version}.0.0`;
      await cli(project, ["build", "--version", fresh]);
      const running = startCli(project, deploy());
      await until("the canary is at 25 %", () => reached(project, "25 %"));
      running.child.kill(name);
      await running.ended;
      const back = await cli(project, ["rollback", "--from", fresh, "--json"]);
      expect(back.json.status).toBe(isKill ? "rolled_back" : "skipped");
      await expectOnly(project, old);
      const { failed, causes } = await load.stop();
      expect({ failed, causes }).toEqual({ failed: 0, causes: {} });
    });
  });
}
