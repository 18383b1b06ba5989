/** A person at another terminal while a rollout runs: what is there, stop, go on, go back, and a newer release. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Load } from "../../scripts/demo/load.ts";
import { customers, expectOnly, recorded, until } from "../acceptance/support/customers.ts";
import { makeProject, type Project } from "../acceptance/support/project.ts";
import {
  cli,
  type Ended,
  type RunningCommand,
  release,
  startCli,
  statusOf,
} from "../acceptance/support/sluice.ts";

let project: Project;
let load: Load;
let version = 1;
const next = () => `${++version}.0.0`;
const stable = () => `${version}.0.0`;

beforeAll(async () => {
  project = await makeProject();
  expect((await release(project, "1.0.0")).exitCode).toBe(0);
  load = await customers(project);
});
afterAll(async () => {
  const { failed, causes } = await load.stop();
  await project.remove();
  expect({ failed, causes }).toEqual({ failed: 0, causes: {} });
});

const minutes = (step: number) => ({ [`canary.steps.${step}.pause`]: "10m" });
/** Steps that take a moment each, but for those that are named: they wait until somebody does something. */
const pauses = (long: Record<string, unknown> = {}) =>
  project.set("test", {
    "canary.steps.0.pause": "300ms",
    "canary.steps.1.pause": "300ms",
    "canary.steps.2.pause": "300ms",
    ...long,
  });

/** Deploys a release and returns when its canary has this share. */
async function deploying(to: string, weight: number): Promise<RunningCommand> {
  await cli(project, ["build", "--version", to]);
  const running = startCli(project, ["deploy", "--version", to, "--json"]);
  await until(`the canary of ${to} has ${weight} %`, async () => {
    const seen = await recorded(project);
    return seen?.rollout?.to === to && seen.rollout.stepStartedAt !== null && seen.weights[to] === weight;
  });
  return running;
}
const answer = ({ exitCode, json }: Ended) => [exitCode, json.status, json.reasonCode];

describe("while a rollout runs in another process", () => {
  test("the status says how far it is, what it waits for and who carries it out", async () => {
    await pauses(minutes(1));
    const old = stable();
    const running = await deploying(next(), 25);
    const { rollouts, lock } = await statusOf(project);
    expect(rollouts).toMatchObject([
      { from: old, to: stable(), strategy: "canary", step: { number: 2, of: 4, weight: 25 }, request: null },
    ]);
    expect(rollouts[0]!.waitingFor).toMatch(/^the step of 25 % to last its time, (9m\d+s|10m) more$/);
    expect(rollouts[0]!.carriedOutBy!.owner).toContain(`process ${running.child.pid} `);
    expect(lock!.owner).toBe(rollouts[0]!.carriedOutBy!.owner);
    const { stdout } = await cli(project, ["status"]);
    expect(stdout).toMatch(/rollout {3}1\.0\.0 -> 2\.0\.0, canary, stepping, step 2 of 4 \(25 %\), for \d+/);

    const promoted = await cli(project, ["promote", "--reason", "looks good", "--json"]);
    expect(answer(promoted)).toEqual([0, "succeeded", "operate.promoted"]);
    const ended = await running.ended;
    expect(answer(ended)).toEqual([0, "succeeded", "deploy.promoted"]);
    await expectOnly(project, stable());
    const said = (await project.journal()).find(({ type }) => type === "rollout.request");
    expect(said?.data).toMatchObject({ kind: "promote", obeyed: true, reason: "looks good" });
  });

  test("`promote --full` leaves out the steps that are left", async () => {
    await pauses({ ...minutes(0), ...minutes(1), ...minutes(2) });
    const running = await deploying(next(), 5);
    const promoted = await cli(project, ["promote", "--full", "--json"]);
    expect(answer(promoted)).toEqual([0, "succeeded", "operate.promoted"]);
    expect(answer(await running.ended)).toEqual([0, "succeeded", "deploy.promoted"]);
    await expectOnly(project, stable());
  });

  test("`rollback` has the run take its own release back, and verifies it", async () => {
    await pauses(minutes(1));
    const old = stable();
    const running = await deploying(`${version + 1}.0.0`, 25);
    const back = await cli(project, ["rollback", "--reason", "customers cannot pay", "--json"]);
    expect(answer(back)).toEqual([0, "rolled_back", "rollback.verified"]);
    const ended = await running.ended;
    expect(answer(ended)).toEqual([1, "rolled_back", "deploy.aborted"]);
    expect(ended.json.summary).toContain("customers cannot pay");
    await expectOnly(project, old);

    const again = await cli(project, ["rollback", "--json"]);
    expect(answer(again)).toEqual([1, "failed", "rollback.of-rollback"]);
    expect(again.json.problems![0]!.remedy).toContain("--to");
    await expectOnly(project, old);
  });
});

describe("a rollout that was halted", () => {
  /** At 25 %, halted; nobody works on it. */
  async function halted(to: string): Promise<void> {
    await pauses(minutes(1));
    const running = await deploying(to, 25);
    const said = await cli(project, ["halt", "--reason", "lunch", "--json"]);
    expect(answer(said)).toEqual([0, "held", "operate.halted"]);
    const ended = await running.ended;
    expect(answer(ended)).toEqual([3, "held", "deploy.held"]);
    expect((await recorded(project))!.weights).toEqual({ [stable()]: 75, [to]: 25 });
    const { rollouts, lock } = await statusOf(project);
    expect([lock, rollouts[0]!.carriedOutBy]).toEqual([null, null]);
    expect(rollouts[0]!.waitingFor).toContain("Deploy it again, promote it or roll it back");
  }

  test("stands still, and says so when it is halted once more", async () => {
    await halted(`${version + 1}.0.0`);
    const said = await cli(project, ["halt", "--json"]);
    expect(answer(said)).toEqual([0, "held", "operate.halted"]);
  });

  test("goes on when it is promoted, in the process that promotes it", async () => {
    await pauses(minutes(1));
    const to = next();
    const promoted = await cli(project, ["promote", "--json"]);
    expect(answer(promoted)).toEqual([0, "succeeded", "deploy.promoted"]);
    await expectOnly(project, to);
  });

  test("goes on when it is deployed again", async () => {
    const to = `${version + 1}.0.0`;
    await halted(to);
    version++;
    const again = startCli(project, ["deploy", "--version", to, "--json"]);
    await until(
      "it is under way again",
      async () => (await statusOf(project)).rollouts[0]?.carriedOutBy !== null,
    );
    expect(answer(await cli(project, ["promote", "--full", "--json"]))).toEqual([
      0,
      "succeeded",
      "operate.promoted",
    ]);
    expect(answer(await again.ended)).toEqual([0, "succeeded", "deploy.promoted"]);
    await expectOnly(project, to);
  });

  test("goes back when it is rolled back", async () => {
    const old = stable();
    await halted(`${version + 1}.0.0`);
    const back = await cli(project, ["rollback", "--json"]);
    expect(answer(back)).toEqual([0, "rolled_back", "rollback.verified"]);
    await expectOnly(project, old);
  });
});

describe("a release that is watched", () => {
  /** A run in its watch of ten minutes, with the old version beside it. */
  async function watching(to: string): Promise<RunningCommand> {
    await pauses({ keepOldFor: "10m", watch: { duration: "10m", interval: "100ms", afterRollback: "0s" } });
    const running = startCli(project, ["run", "--version", to, "--json"]);
    await until("it is watched", async () => {
      const last = (await project.journal()).findLast(({ type }) => type === "stage.started");
      return (
        last?.type === "stage.started" &&
        last.data.stage === "watch" &&
        last.run.endsWith(`-${running.child.pid}`)
      );
    });
    return running;
  }

  test("goes back at once when a person asks for it: the old version still stands by (R237, R354)", async () => {
    const old = stable();
    const running = await watching(`${version + 1}.0.0`);
    expect(Object.keys((await recorded(project))!.versions)).toEqual([old, `${version + 1}.0.0`]);
    const back = await cli(project, ["rollback", "--reason", "users call", "--json"]);
    expect(answer(back)).toEqual([0, "rolled_back", "rollback.verified"]);
    const ended = await running.ended;
    expect(answer(ended)).toEqual([1, "rolled_back", "rollback.verified"]);
    expect(ended.json.details).toMatchObject({
      stage: "rollback",
      reason: expect.stringContaining("users call"),
    });
    await expectOnly(project, old);
    version++;
    // The version was not promoted for good; the next one is compared with the old one.
    await project.set("test", { keepOldFor: "0s", watch: undefined });
    const to = next();
    await pauses();
    expect((await release(project, to)).exitCode).toBe(0);
  });

  test("is good when a person ends its watch, and the old version goes then", async () => {
    const to = next();
    const running = await watching(to);
    await project.set("test", { keepOldFor: "0s" });
    const said = await cli(project, ["promote", "--json"]);
    expect(answer(said)).toEqual([0, "succeeded", "operate.promoted"]);
    running.child.kill("SIGINT");
    const ended = await running.ended;
    expect(ended.json.status).toMatch(/succeeded|cancelled/);
    expect((await recorded(project))!.stable).toBe(to);
    await project.set("test", { watch: undefined });
    await cli(project, ["deploy", "--version", to, "--json"]);
    await expectOnly(project, to);
  });
});

describe("where nothing is under way", () => {
  test("there is nothing to halt, which is fine, and nothing to promote, which is not", async () => {
    const halt = await cli(project, ["halt", "--json"]);
    expect(answer(halt)).toEqual([0, "skipped", "operate.nothing-under-way"]);
    const promote = await cli(project, ["promote", "--json"]);
    expect(answer(promote)).toEqual([2, "failed", "operate.nothing-under-way"]);
    const wrong = await cli(project, ["halt", "--wait", "5", "--json"]);
    expect(answer(wrong)).toEqual([2, "failed", "config.unit-missing"]);
  });
});

describe("a newer release", () => {
  test("waits for its turn where the environment queues, and then goes", async () => {
    await pauses(minutes(1));
    const first = next();
    const running = await deploying(first, 25);
    const second = next();
    await cli(project, ["build", "--version", second]);
    const waiting = startCli(project, ["deploy", "--version", second, "--json"]);
    await until("it waits", () => /waiting for run .* of .*process/.test(waiting.stderr()));
    await cli(project, ["promote", "--full", "--json"]);
    expect(answer(await running.ended)).toEqual([0, "succeeded", "deploy.promoted"]);
    await until("its canary has begun", async () => (await recorded(project))?.rollout?.to === second);
    await cli(project, ["promote", "--full", "--json"]);
    expect(answer(await waiting.ended)).toEqual([0, "succeeded", "deploy.promoted"]);
    await expectOnly(project, second);
  });

  test("has the older one taken back where the environment says `supersede`, and then goes; an older one does not", async () => {
    await pauses(minutes(1));
    await project.set("test", { onNewerRelease: "supersede" });
    const first = next();
    const running = await deploying(first, 25);
    await cli(project, ["build", "--version", "0.1.0"]);
    const older = await cli(project, ["deploy", "--version", "0.1.0", "--json"]);
    expect(answer(older)).toEqual([1, "failed", "run.locked"]);
    expect(older.json.summary).toContain("0.1.0 is older");

    const second = next();
    await cli(project, ["build", "--version", second]);
    await pauses();
    const newer = await cli(project, ["deploy", "--version", second, "--json"]);
    expect(answer(await running.ended)).toEqual([1, "rolled_back", "deploy.aborted"]);
    expect(answer(newer)).toEqual([0, "succeeded", "deploy.promoted"]);
    await expectOnly(project, second);
  });
});
