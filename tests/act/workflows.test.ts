import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type RunningPostgres, startPostgres } from "@sluice/testing/postgres";
import { filesWith } from "@sluice/testing/secrets";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pins } from "../contract/pins.ts";
import { type ActRun, runAct, tailOf } from "./act.ts";
import { prepareStage, type Stage } from "./stage.ts";

let folder: string;
let stage: Stage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-act-"));
  stage = await prepareStage(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A caller that leaves the environment to the `branches` of the project. */
const caller = (inputs: Record<string, string | boolean>) => `name: deploy
on: { push: {}, pull_request: {} }
jobs:
  pipeline:
    uses: sluice-deploy/sluice/.github/workflows/pipeline.yml@v0
    with: ${JSON.stringify(inputs)}
    secrets: inherit
`;
/** Secret of the catalogue, which does not start without it. */
const apiToken = "tok-7c41aa90de";
const state = () => ({ SLUICE_STATE_DIR: join(folder, "state") });

/** The job with that name, which must have run; with the log when it has not. */
function ran({ jobs, log }: ActRun, id: string) {
  const found = jobs.filter((job) => job.id === id && job.result !== undefined);
  if (found.length === 0) throw new Error(`The job ${id} did not run:\n${log.slice(-8000)}`);
  return found;
}
const stepsOf = (run: ActRun, id: string) =>
  Object.entries(ran(run, id)[0]!.steps).map(([name, result]) => `${name}: ${result}`);

/** The jobs with that name, all of which must have succeeded; with the end of their log when one has not. */
function succeeded(run: ActRun, id: string) {
  const jobs = ran(run, id);
  const failed = jobs.find(({ result }) => result !== "success");
  if (failed) throw new Error(`The job ${id} ended as ${failed.result}:\n${tailOf(run, id)}`);
  return jobs;
}

test("a pull request is planned, built service by service and scanned, and nothing is deployed (R007, R018, R115)", async () => {
  const run = await runAct(stage, {
    folder,
    event: "pull_request",
    workflow: caller({
      services: "catalog",
    }),
    payload: {
      pull_request: { number: 7, base: { ref: "main", sha: "HEAD" }, head: { ref: "feature/tea" } },
    },
    env: state(),
  });
  succeeded(run, "plan");
  expect(succeeded(run, "build").map(({ matrix }) => matrix.services)).toEqual(["catalog"]);
  expect(succeeded(run, "security-scan")).toHaveLength(1);
  expect(isRun(run, "deploy")).toBe(false);
  expect((await readdir(stage.artifacts)).sort()).toEqual([
    "sluice-build-catalog",
    "sluice-plan",
    "sluice-scan",
  ]);
  expect(run.exitCode).toBe(0);
});

describe("a push to main", () => {
  let postgres: RunningPostgres;
  const push = (version: string, runId: string, inputs: Record<string, string | boolean> = {}) =>
    runAct(stage, {
      folder,
      event: "push",
      workflow: caller({ services: "catalog", version, ...inputs }),
      payload: { ref: "refs/heads/main" },
      env: { ...state(), GITHUB_RUN_ID: runId },
      secrets: { DATABASE_URL: postgres.url, SLUICE_SECRETS: `# shop\nAPI_TOKEN="${apiToken}"` },
    });
  const handedOver = async (artifact: string, runId: string, name: string) =>
    JSON.parse(
      await readFile(join(stage.artifacts, artifact, `runs/github-${runId}-1/${name}.json`), "utf8"),
    );
  beforeEach(async () => {
    postgres = await startPostgres();
  });
  afterEach(async () => {
    await stopLocal();
    await postgres.stop();
  });

  test("is built as one release, scanned and deployed (R006, R012, R022, R023, R209, R256)", async () => {
    const config = join(stage.project, ".deploy/demo-config.yaml");
    await writeFile(config, (await readFile(config, "utf8")).replace("strategy: rolling", "strategy: auto"));
    const said = { labels: "bug,strategy:recreate", "despite-alerts": true };
    const run = await push("1.0.0", "101", said);
    for (const id of ["plan", "build", "security-scan", "deploy"]) {
      expect(succeeded(run, id), id).toHaveLength(1);
    }
    expect(stepsOf(run, "deploy")).toEqual(
      expect.arrayContaining([expect.stringMatching(/actions\/deploy@v0: success/)]),
    );
    expect(isRun(run, "rollback")).toBe(false);
    expect(await handedOver("sluice-deploy-demo", "101", "deploy")).toMatchObject({
      environment: "demo",
      version: "1.0.0",
      status: "succeeded",
      // The labels have come as far as the deployment, whose plan is the one that was shown first.
      details: { services: [{ strategy: "recreate" }] },
    });
    expect(await readdir(join(stage.artifacts, "sluice-deploy-demo"))).toContain("report.html");
    expect(await served()).toBe("1.0.0");
    for (const secret of [new URL(postgres.url).password, apiToken])
      expect(await filesWith(secret, [stage.artifacts, state().SLUICE_STATE_DIR])).toEqual([]);
    // act shows the commands that mask a value, GitHub does not.
    const shown = run.log.split("\n").filter((line) => !line.includes("::add-mask::"));
    expect(shown.filter((line) => line.includes(apiToken))).toEqual([]);
  });

  test("that breaks the service leaves the old version serving; the rollback job takes back no more than that (R345, R357)", async () => {
    succeeded(await push("1.0.0", "101"), "deploy");
    succeeded(await push("1.1.0", "102"), "deploy");
    const server = join(stage.project, "services/catalog/src/server.js");
    await writeFile(server, 'console.error("The shelves are empty.");\nprocess.exitCode = 1;\n');
    const run = await push("1.2.0", "103");
    expect(ran(run, "deploy")[0]!.result).toBe("failure");
    succeeded(run, "rollback");
    // The deployment has put the traffic back itself: a second rollback would take a healthy version away.
    expect(await handedOver("sluice-rollback-demo", "103", "rollback")).toMatchObject({ status: "skipped" });
    expect(await served()).toBe("1.1.0");
  });
});

describe("on a runner that lasts", () => {
  let postgres: RunningPostgres;
  beforeEach(async () => {
    postgres = await startPostgres();
  });
  afterEach(async () => {
    await stopLocal();
    await postgres.stop();
  });
  const dispatch = (workflow: string, runId: string) =>
    runAct(stage, {
      folder,
      event: "workflow_dispatch",
      workflow,
      payload: { ref: "refs/heads/main" },
      env: { ...state(), GITHUB_RUN_ID: runId },
      secrets: { DATABASE_URL: postgres.url, SLUICE_SECRETS: `# shop\nAPI_TOKEN="${apiToken}"` },
    });
  const oneStep = (version: string) => `on: workflow_dispatch
jobs:
  demo:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@${pins["actions/checkout"]!.sha}
      - uses: sluice-deploy/sluice@v0
        env: { DATABASE_URL: "\${{ secrets.DATABASE_URL }}" }
        with:
          environment: demo
          services: catalog
          version: ${version}
          secrets: "\${{ secrets.SLUICE_SECRETS }}"
`;

  test("one step is the whole pipeline, and a person can roll back what it did (R016, R354, R360)", async () => {
    succeeded(await dispatch(oneStep("1.0.0"), "201"), "demo");
    succeeded(await dispatch(oneStep("1.1.0"), "202"), "demo");
    expect(await served()).toBe("1.1.0");
    const run = await dispatch(
      `on: workflow_dispatch
jobs:
  rollback:
    uses: sluice-deploy/sluice/.github/workflows/rollback.yml@v0
    with: { environment: demo, services: catalog, reason: customers miss the kettle }
    secrets: inherit
`,
      "203",
    );
    succeeded(run, "rollback");
    expect(await served()).toBe("1.0.0");
    const file = join(stage.artifacts, "sluice-rollback-demo/runs/github-203-1/rollback.json");
    const result = JSON.parse(await readFile(file, "utf8"));
    expect(result).toMatchObject({ status: "rolled_back", details: { reason: "customers miss the kettle" } });
  });
});

const isRun = ({ jobs }: ActRun, id: string) =>
  jobs.some((job) => job.id === id && job.result !== undefined && job.result !== "skipped");

/** The version that users of the catalogue get. */
async function served(): Promise<string | undefined> {
  const config = await readFile(join(stage.project, ".deploy/demo-config.yaml"), "utf8");
  const port = /catalog:\s+port: (\d+)/.exec(config)?.[1];
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return /deployment_version\{[^}]*version="([^"]+)"/.exec(metrics)?.[1];
}

/** Ends what the local target left running for this test. */
async function stopLocal(): Promise<void> {
  const cli = join(process.env.SLUICE_DIST ?? join(import.meta.dirname, "../../dist"), "cli/index.js");
  await promisify(execFile)(process.execPath, [cli, "stop", "-e", "demo"], {
    cwd: stage.project,
    env: { ...process.env, ...state() },
  });
}
