/** What is kept at GitHub: a journal, and with it a lock, that machines share, and the deployments it shows. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Event } from "../../packages/documents/src/event.ts";
import { type FakeGitHub, startFakeGitHub } from "../../packages/testing/src/github.ts";
import { type ActionRun, runStep, type StepOptions, startStep } from "../../packages/testing/src/runner.ts";
import { leaksOf } from "../../packages/testing/src/secrets.ts";
import { customers, recorded, until } from "./support/customers.ts";
import { actionFolder } from "./support/dist.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli, type Ended } from "./support/sluice.ts";

const action = actionFolder("pipeline");
/** GitHub is away, and nobody is asked to wait for it. */
const away = { status: 500, headers: { "retry-after": "0" }, body: { message: "Server error" } };

/** One job: a run of GitHub on a machine with its own workspace and its own state directory. */
const job = (
  github: FakeGitHub,
  project: Project,
  runId: string,
  inputs: Record<string, string>,
): StepOptions => ({
  workspace: project.directory,
  apiUrl: github.url,
  token: github.token,
  runId,
  inputs: { environment: "test", "state-directory": project.state, journal: "branch", ...inputs },
});

/** The journal as it is on the branch. */
const journalOf = ({ repository: { git } }: FakeGitHub): Event[] =>
  (git.readFile("sluice-journal", "small/test/0000000001.jsonl") ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);

/** Where the token can be read after a run: what it printed, and every file of the machine. */
async function leaks({ token }: FakeGitHub, project: Project, run: ActionRun): Promise<string[]> {
  return leaksOf(token, run, [project.directory, project.state].filter(existsSync));
}

/** A commit that only exists here is not one that GitHub could show; so it is made known to the fake. */
async function push(github: FakeGitHub, project: Project): Promise<string> {
  const sha = await project.commit();
  const tree = github.repository.git.addTree(new Map());
  const date = new Date().toISOString();
  github.repository.git.commits.set(sha, { tree, parents: [], message: "A release", date });
  return sha;
}

describe("two runs on different machines, with the journal on a branch", () => {
  let github: FakeGitHub;
  let here: Project;
  let there: Project;
  beforeAll(async () => {
    github = await startFakeGitHub();
    const environment = { onNewerRelease: "refuse" };
    [here, there] = await Promise.all([makeProject({ environment }), makeProject({ environment })]);
    const first = await runStep(action, job(github, here, "1000", { version: "1.0.0" }));
    expect([first.exitCode, first.outputs.reason_code], first.stdout).toEqual([0, "deploy.promoted"]);
  });
  afterAll(async () => {
    await Promise.all([here.remove(), there.remove()]);
    await github.close();
  });

  test("the second is refused while the first has the lock, and is told which run that is", async () => {
    const load = await customers(here);
    const first = await startStep(action, job(github, here, "1001", { version: "2.0.0" }));
    const isStepping = async () => (await recorded(here))?.rollout?.phase === "stepping";
    await until("the first run has begun its canary", isStepping);
    // It is held where it is, so that it does not end meanwhile on any machine.
    first.child.kill("SIGSTOP");

    const second = await runStep(action, job(github, there, "1002", { version: "2.0.0" }));
    expect(second.exitCode).toBe(1);
    expect(second.outputs).toMatchObject({ status: "failed", reason_code: "run.locked" });
    const said = second.annotations.find(({ title }) => title === "run.locked")!;
    expect(said.message).toContain("Run github-1001-1 of https://github.com/acme/shop/actions/runs/1001");
    expect(await recorded(there), "nothing was deployed there").toBeUndefined();
    expect(await leaks(github, there, second)).toEqual([]);

    const status = await cli(there, ["status", "--journal", "branch", "--json"], {
      GITHUB_TOKEN: github.token,
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_API_URL: github.url,
    });
    expect(JSON.parse(status.stdout).lock.owner).toContain("actions/runs/1001");

    first.child.kill("SIGCONT");
    const ended = await first.done;
    expect([ended.exitCode, ended.outputs.reason_code], ended.stdout).toEqual([0, "deploy.promoted"]);
    expect((await load.stop()).failed).toBe(0);
    expect(ended.masks).toContain(github.token);
    expect(await leaks(github, here, ended)).toEqual([]);
  });

  test("afterwards the second gets its turn, and the journal on the branch has all of them, without gaps", async () => {
    const again = await runStep(action, job(github, there, "1003", { version: "2.0.0" }));
    expect([again.exitCode, again.outputs.reason_code], again.stdout).toEqual([0, "deploy.promoted"]);
    const events = journalOf(github);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    const ends = events.flatMap((event) =>
      event.type === "run.finished" ? [[event.run, event.data.reasonCode]] : [],
    );
    expect(ends).toEqual([
      ["github-1000-1", "run.succeeded"],
      ["github-1002-1", "run.locked"],
      ["github-1001-1", "run.succeeded"],
      ["github-1003-1", "run.succeeded"],
    ]);
    const samples = events.filter(
      (event) => event.type === "rollout.sample" && event.run === "github-1001-1",
    );
    expect(samples.length, "what was held back is there").toBeGreaterThan(2);
    expect(existsSync(join(here.state, "test", "journal.jsonl")), "there is no second journal").toBe(false);
    expect(JSON.stringify(github.requests.map(({ body }) => body))).not.toContain(github.token);
  });
});

describe("GitHub in trouble", () => {
  let github: FakeGitHub;
  let project: Project;
  beforeEach(async () => {
    github = await startFakeGitHub();
    project = await makeProject();
  });
  afterEach(async () => {
    await project.remove();
    await github.close();
  });

  test("a journal that cannot be reached is said clearly, and nothing is deployed", async () => {
    github.fail({ times: 1000, answer: away });
    const run = await runStep(action, job(github, project, "1", { version: "1.0.0" }));
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: "failed", reason_code: "run.journal-broken" });
    const said = run.annotations.find(({ title }) => title === "run.journal-broken")!;
    expect(said.message).toMatch(/could not read the journal on branch sluice-journal.*status 500/);
    expect(said.message).toContain("run it again");
    expect(existsSync(join(project.state, "test", "local"))).toBe(false);
    expect(await leaks(github, project, run)).toEqual([]);
  });

  test("that begins during a canary turns it round: all of the traffic is on the old version", async () => {
    expect((await runStep(action, job(github, project, "1", { version: "1.0.0" }))).exitCode).toBe(0);
    const load = await customers(project);
    const running = await startStep(action, job(github, project, "2", { version: "2.0.0" }));
    await until("the canary has traffic", async () => (await recorded(project))?.weights["2.0.0"] === 5);
    github.fail({ times: 100_000, answer: away });
    const ended = await running.done;
    expect(ended.exitCode).toBe(1);
    expect(ended.outputs).toMatchObject({
      status: "failed",
      reason_code: expect.stringMatching(/^run\.journal-/),
    });
    expect(await recorded(project)).toMatchObject({
      stable: "1.0.0",
      weights: { "1.0.0": 100 },
      rollout: null,
    });
    expect((await load.stop()).failed).toBe(0);
  });

  test("that limits the calls does not keep a cancelled run from putting the traffic back", async () => {
    expect((await runStep(action, job(github, project, "1", { version: "1.0.0" }))).exitCode).toBe(0);
    const load = await customers(project);
    const running = await startStep(action, job(github, project, "2", { version: "2.0.0" }));
    await until("the canary has traffic", async () => (await recorded(project))?.weights["2.0.0"] === 5);
    github.fail({ times: 100_000, answer: { ...away, status: 429, headers: { "retry-after": "25" } } });
    const before = github.requests.length;
    await until("the run waits for GitHub", () => github.requests.length > before);
    // The runner gives it ten seconds.
    running.cancel();
    const ended = await running.done;
    expect([ended.exitCode, ended.signal]).toEqual([1, null]);
    const seen = await recorded(project);
    expect(seen).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 }, rollout: null });
    expect((await load.stop()).failed).toBe(0);
  });

  test("a token that is not valid is said, without saying it", async () => {
    const token = "ghs_wrong000000000000000000000000000000";
    const run = await runStep(action, { ...job(github, project, "1", { version: "1.0.0" }), token });
    expect(run.outputs).toMatchObject({ status: "failed", reason_code: "run.journal-broken" });
    expect(run.annotations.some(({ message }) => message.includes("The token is not valid"))).toBe(true);
    expect(await leaksOf(token, run, [project.directory])).toEqual([]);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["no token", { GITHUB_REPOSITORY: "acme/shop" }, /set GITHUB_TOKEN/],
    ["no repository", { GITHUB_TOKEN: "ghs_some" }, /set GITHUB_REPOSITORY to `owner\/name`/],
  ])("a command line with %s is told where it comes from", async (_, env, remedy) => {
    const ended: Ended = await cli(project, ["run", "--version", "1", "--journal", "branch", "--json"], env);
    expect(ended.exitCode).toBe(2);
    expect(ended.json.problems).toMatchObject([
      { reasonCode: "config.input-invalid", remedy: expect.stringMatching(remedy) },
    ]);
  });
});

describe("deployments that GitHub shows", () => {
  let github: FakeGitHub;
  let project: Project;
  const record = (runId: string, version: string) =>
    runStep(action, job(github, project, runId, { version, journal: "files", "record-deployment": "true" }));
  const states = () => github.repository.deployments.at(-1)?.statuses.map(({ state }) => state);
  beforeAll(async () => {
    github = await startFakeGitHub();
    project = await makeProject({ environment: { strategy: "rolling" } });
  });
  afterAll(async () => {
    await project.remove();
    await github.close();
  });

  test("a good release is a success, with its version, its commit, its address and its log (R401)", async () => {
    const sha = await push(github, project);
    const run = await record("2001", "1.0.0");
    expect(run.exitCode, run.stdout).toBe(0);
    const logUrl = "https://github.com/acme/shop/actions/runs/2001";
    expect(github.repository.deployments).toMatchObject([
      {
        sha,
        environment: "test",
        payload: { version: "1.0.0", plan_hash: run.outputs["plan-hash"] },
        statuses: [
          { state: "in_progress", log_url: logUrl },
          { state: "success", log_url: logUrl, environment_url: run.outputs.url },
        ],
      },
    ]);
    expect(run.outputs.url).toMatch(/^http:/);
    expect(await leaks(github, project, run)).toEqual([]);
  });

  test("a release that was taken back is a failure, and says why", async () => {
    await project.behave("dies-at-start");
    await push(github, project);
    const run = await record("2002", "2.0.0");
    expect(run.exitCode).toBe(1);
    expect(states()).toEqual(["in_progress", "failure"]);
    const { description } = github.repository.deployments.at(-1)!.statuses.at(-1)!;
    expect(JSON.parse(run.outputs.result!).summary).toContain(description.slice(0, 40));
    await project.behave("ok");
  });

  test("a deployment that cannot be recorded goes on, with a warning that names the permission", async () => {
    await push(github, project);
    github.fail({
      times: 100,
      path: /deployments/,
      answer: { status: 403, body: { message: "Resource not accessible by integration" } },
    });
    const run = await record("2003", "3.0.0");
    expect([run.exitCode, run.outputs.reason_code]).toEqual([0, "deploy.promoted"]);
    const warning = run.annotations.find(({ level }) => level === "warning")!;
    expect(warning.message).toContain("permissions: deployments: write");
  });
});
