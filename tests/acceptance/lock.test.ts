/** Two runs on one environment: one of them works, the other is told who does. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runStep } from "../../packages/testing/src/runner.ts";
import { customers, expectOnly, recorded, until } from "./support/customers.ts";
import { actionFolder } from "./support/dist.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli, release, startCli, statusOf } from "./support/sluice.ts";

let project: Project;
beforeAll(async () => {
  project = await makeProject({ environment: { onNewerRelease: "refuse" } });
  expect((await release(project, "1.0.0")).exitCode).toBe(0);
});
afterAll(() => project.remove());

const isUnderWay = async () => (await recorded(project))?.rollout?.phase === "stepping";

describe("two runs at once", () => {
  test("where the environment refuses it, the second fails at once and says who holds the environment; the first ends as if it were alone", async () => {
    const load = await customers(project);
    const first = startCli(project, ["run", "--version", "2.0.0", "--json"]);
    await until("the first run has begun its canary", isUnderWay);
    // It is held where it is, so that it does not end meanwhile on any machine.
    first.child.kill("SIGSTOP");
    expect((await statusOf(project)).lock?.owner).toContain(`process ${first.child.pid} `);

    const second = await cli(project, ["deploy", "--version", "2.0.0", "--json"]);
    expect([second.exitCode, second.json.status, second.json.reasonCode]).toEqual([
      1,
      "failed",
      "run.locked",
    ]);
    const [problem] = second.json.problems!;
    expect(problem!.message).toContain(`process ${first.child.pid} `);
    expect(problem!.remedy).toMatch(/Wait until that run has ended, or cancel it/);

    const whole = await cli(project, ["run", "--version", "3.0.0", "--stages", "deploy", "--json"]);
    expect([whole.exitCode, whole.json.status, whole.json.reasonCode]).toEqual([1, "failed", "run.locked"]);

    const action = await runStep(actionFolder("deploy"), {
      workspace: project.directory,
      inputs: { environment: "test", version: "2.0.0", "state-directory": project.state },
    });
    expect(action.exitCode).toBe(1);
    expect(action.outputs).toMatchObject({ status: "failed", reason_code: "run.locked" });
    expect(action.annotations.some(({ message }) => message.includes(`process ${first.child.pid} `))).toBe(
      true,
    );

    first.child.kill("SIGCONT");
    const ended = await first.ended;
    expect([ended.exitCode, ended.json.reasonCode]).toEqual([0, "deploy.promoted"]);
    expect((await load.stop()).failed).toBe(0);
    await expectOnly(project, "2.0.0");
  });

  test("the journal says of both how they ended", async () => {
    const events = await project.journal();
    const runs = (type: string) => events.flatMap((event) => (event.type === type ? event.run : []));
    expect(new Set(runs("run.finished"))).toEqual(new Set(runs("run.started")));
    const stages = (type: string) => events.filter((event) => event.type === type).length;
    expect(stages("stage.finished")).toBe(stages("stage.started"));
  });

  test("the lock of a run that was killed is nobody's: the next run begins without waiting", async () => {
    await cli(project, ["build", "--version", "3.0.0"]);
    const first = startCli(project, ["deploy", "--version", "3.0.0", "--json"]);
    await until("the canary has begun", isUnderWay);
    first.child.kill("SIGKILL");
    await first.ended;
    const second = await cli(project, ["rollback", "--json"]);
    expect(second.json).toMatchObject({ status: "rolled_back", reasonCode: "rollback.verified" });
    await expectOnly(project, "2.0.0");
    const taken = (await project.journal()).findLast(({ type }) => type === "lock.acquired");
    expect(taken?.data).toMatchObject({ tookOver: { why: "owner-gone" } });
  });
});
