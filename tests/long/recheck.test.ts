/** A look at a deployment some time after its run has ended: nothing due, all well, bad, and bad with a way back. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Load } from "../../scripts/demo/load.ts";
import { customers, expectOnly, recorded, until } from "../acceptance/support/customers.ts";
import { makeProject, type Project } from "../acceptance/support/project.ts";
import { cli, type Ended, release } from "../acceptance/support/sluice.ts";

let project: Project;
let load: Load;
let tired: string;

beforeAll(async () => {
  project = await makeProject({
    environment: {
      objective: { availability: "99%" },
      watch: { interval: "100ms", recheck: { after: ["1h"] } },
    },
  });
  tired = join(project.state, "tired");
  await project.set("project", { "services.0.environment": { TIRED_FILE: tired } });
  const first = await release(project, "1.0.0");
  expect(first.exitCode, first.stderr).toBe(0);
  load = await customers(project);
});
afterAll(async () => {
  // It is not there when the first release failed.
  await (load as Load | undefined)?.stop();
  await project.remove();
});

const recheck = () => cli(project, ["recheck", "--json"]);
const answer = ({ exitCode, json }: Ended) => [exitCode, json.status, json.reasonCode];
/** A second after the deployment, and at no other time. */
const afterASecond = (rollback: boolean, keepOldFor: string) =>
  project.set("test", { "watch.recheck": { after: ["1s"], rollback }, keepOldFor });
/** Waits until the deployment of a version is due, and until somebody has used it. */
async function due(version: string): Promise<void> {
  const before = load.report().versions[version]?.requests ?? 0;
  await until(`${version} is due`, async () => {
    const finished = (await project.journal()).findLast(({ type }) => type === "rollout.finished");
    return Date.now() - Date.parse(finished!.at) > 1000;
  });
  await until(`${version} is used`, () => (load.report().versions[version]?.requests ?? 0) > before + 100);
}

describe("`sluice recheck` (R289, R290, C26)", () => {
  test("has nothing to do before a deployment is due, and says when it is", async () => {
    const early = await recheck();
    expect(answer(early)).toEqual([0, "skipped", "watch.not-due"]);
    expect(early.json.summary).toMatch(/the next one is at \d{4}-/);
  });

  test("notes that a deployment is well, lets the old version go that stood by, and is done with it", async () => {
    await afterASecond(true, "10m");
    expect((await release(project, "2.0.0")).exitCode).toBe(0);
    expect(Object.keys((await recorded(project))!.versions)).toEqual(["1.0.0", "2.0.0"]);
    await due("2.0.0");
    const well = await recheck();
    expect(answer(well)).toEqual([0, "succeeded", "watch.quiet"]);
    expect(well.json.summary).toMatch(/app: 0 of \d{3,} requests failed since/);
    const noted = (await project.journal()).findLast(({ type }) => type === "recheck.finished");
    expect(noted?.data).toMatchObject({ version: "2.0.0", dueAfterSeconds: 1, status: "succeeded" });
    await until("the old version is gone", async () => !("1.0.0" in (await recorded(project))!.versions));
    await expectOnly(project, "2.0.0");
    expect(answer(await recheck())).toEqual([0, "skipped", "watch.not-due"]);
  });

  test("rolls back what is bad while the old version stands by, where that is configured", async () => {
    await project.behave("tires");
    expect((await release(project, "3.0.0")).exitCode).toBe(0);
    await writeFile(tired, "");
    await due("3.0.0");
    const bad = await recheck();
    expect(answer(bad)).toEqual([1, "rolled_back", "rollback.verified"]);
    expect(bad.json.details).toMatchObject({
      stage: "rollback",
      reason: expect.stringMatching(
        /A re-check 1s after the deployment has failed: app: .*(error budget|error_rate)/,
      ),
      services: [{ from: "3.0.0", to: "2.0.0", status: "rolled_back" }],
      database: { decision: "none" },
    });
    await expectOnly(project, "2.0.0");
  });

  test("otherwise says what is wrong and what to do, and changes nothing", async () => {
    await rm(tired);
    await afterASecond(false, "0s");
    expect((await release(project, "4.0.0")).exitCode).toBe(0);
    await writeFile(tired, "");
    await due("4.0.0");
    const bad = await recheck();
    expect([bad.exitCode, bad.json.status]).toEqual([1, "failed"]);
    expect(["watch.burning", "judge.guard-breached"]).toContain(bad.json.reasonCode);
    const [problem] = bad.json.problems!;
    expect(problem!.remedy).toContain(
      "2.0.0 does not run any more: `sluice rollback --services app --to 2.0.0`",
    );
    expect((await recorded(project))!.stable).toBe("4.0.0");
  });
});
