import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ActRun, runAct } from "./act.ts";
import { prepareStage, type Stage } from "./stage.ts";

let folder: string;
let stage: Stage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-act-"));
  stage = await prepareStage(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const caller = (inputs: Record<string, string>) => `name: deploy
on: { push: {}, pull_request: {} }
jobs:
  pipeline:
    uses: sluice-deploy/sluice/.github/workflows/pipeline.yml@v0
    with: ${JSON.stringify(inputs)}
    secrets: inherit
`;
const state = () => ({ SLUICE_STATE_DIR: join(folder, "state") });

/** The job with that name, which must have run; with the log when it has not. */
function ran({ jobs, log }: ActRun, id: string) {
  const found = jobs.filter((job) => job.id === id && job.result !== undefined);
  if (found.length === 0) throw new Error(`The job ${id} did not run:\n${log.slice(-8000)}`);
  return found;
}
const stepsOf = (run: ActRun, id: string) =>
  Object.entries(ran(run, id)[0]!.steps).map(([name, result]) => `${name}: ${result}`);

test("a pull request is planned, built service by service and scanned, and nothing is deployed (R007, R018)", async () => {
  const run = await runAct(stage, {
    folder,
    event: "pull_request",
    workflow: caller({
      "verify-environment": "demo",
      environments: '{ "main": "demo" }',
      services: "catalog",
    }),
    payload: {
      pull_request: { number: 7, base: { ref: "main", sha: "HEAD" }, head: { ref: "feature/tea" } },
    },
    env: state(),
  });
  expect(ran(run, "plan")[0]!.result).toBe("success");
  expect(ran(run, "build").map(({ matrix, result }) => [matrix.services, result])).toEqual([
    ["catalog", "success"],
  ]);
  expect(ran(run, "security-scan")).toHaveLength(1);
  expect(
    run.jobs.filter(({ id, result }) => id === "deploy" && result !== undefined && result !== "skipped"),
  ).toEqual([]);
  expect((await readdir(stage.artifacts)).sort()).toEqual([
    "sluice-build-catalog",
    "sluice-plan",
    "sluice-scan",
  ]);
  expect(run.exitCode).toBe(0);
});

test("a push to main is built as one release, scanned and deployed (R006, R012, R022, R023)", async () => {
  const run = await runAct(stage, {
    folder,
    event: "push",
    workflow: caller({
      environments: '{ "main": "demo" }',
      services: "catalog",
      version: "1.0.0",
      "upload-sarif": "false",
    }),
    payload: { ref: "refs/heads/main" },
    env: state(),
  });
  try {
    for (const id of ["plan", "build", "security-scan", "deploy"]) {
      expect(
        ran(run, id).map(({ result }) => result),
        id,
      ).toEqual(["success"]);
    }
    expect(stepsOf(run, "deploy")).toEqual(
      expect.arrayContaining([expect.stringMatching(/actions\/deploy@v0: success/)]),
    );
    const result = JSON.parse(
      await readFile(join(stage.artifacts, "sluice-deploy-demo/results/deploy.json"), "utf8"),
    );
    expect(result).toMatchObject({
      stage: "deploy",
      environment: "demo",
      version: "1.0.0",
      status: "succeeded",
    });
    expect(await readdir(join(stage.artifacts, "sluice-deploy-demo"))).toContain("report.html");
  } finally {
    await stopLocal();
  }
});

/** Ends what the local target left running for this test. */
async function stopLocal(): Promise<void> {
  const { execFile } = await import("node:child_process");
  const cli = join(process.env.SLUICE_DIST ?? join(import.meta.dirname, "../../dist"), "cli/index.js");
  await new Promise<void>((done) => {
    execFile(
      process.execPath,
      [cli, "stop", "-e", "demo"],
      { cwd: stage.project, env: { ...process.env, ...state() } },
      () => done(),
    );
  });
}
