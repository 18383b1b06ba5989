import { Status } from "@sluice/documents";
import type { Clock } from "@sluice/ports";
import { type FakeGitHub, startFakeGitHub } from "@sluice/testing/github";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deploymentRecords, deploymentStates } from "./deployments.ts";

let github: FakeGitHub;
let commit: string;
beforeEach(async () => {
  github = await startFakeGitHub();
  commit = github.repository.git.commitFiles("main", { "README.md": "# shop\n" });
});
afterEach(() => github.close());

const impatient: Clock = { now: () => Date.now(), sleep: async () => {} };
const records = () =>
  deploymentRecords({
    token: github.token,
    owner: "acme",
    repo: "shop",
    baseUrl: github.url,
    clock: impatient,
  });
const release = {
  key: "42/production/2.0.0",
  environment: "production",
  version: "2.0.0",
  planHash: "sha256:ab",
};

describe("the record of a deployment", () => {
  test("is created with version and plan, and follows the run to its end (R401)", async () => {
    const id = await records().create({ ...release, ref: commit });
    await records().update(id, {
      state: "in_progress",
      logUrl: "https://github.com/acme/shop/actions/runs/42",
    });
    await records().update(id, {
      state: deploymentStates.succeeded,
      environmentUrl: "https://shop.example.com",
    });
    expect(github.repository.deployments).toMatchObject([
      {
        sha: commit,
        environment: "production",
        production_environment: true,
        payload: { key: release.key, version: "2.0.0", plan_hash: "sha256:ab" },
        statuses: [
          { state: "in_progress", log_url: "https://github.com/acme/shop/actions/runs/42" },
          { state: "success", environment_url: "https://shop.example.com" },
        ],
      },
    ]);
  });

  test("is not doubled when the answer was lost or the job is run again", async () => {
    github.fail({ method: "POST", path: /deployments$/, cut: "after" });
    const id = await records().create({ ...release, ref: commit });
    expect(await records().create({ ...release, ref: commit })).toBe(id);
    expect(github.repository.deployments).toHaveLength(1);
    expect(id).toBe(1);
  });

  test("shortens a long sentence instead of being refused for it", async () => {
    const id = await records().create({ ...release, ref: commit });
    await records().update(id, { state: "failure", description: "because ".repeat(100) });
    const description = github.repository.deployments[0]!.statuses[0]!.description;
    expect(description).toHaveLength(140);
    expect(description.endsWith("…")).toBe(true);
  });

  test("a missing permission is named", async () => {
    github.fail({
      method: "POST",
      answer: { status: 403, body: { message: "Resource not accessible by integration" } },
    });
    await expect(records().create({ ...release, ref: commit })).rejects.toThrow(
      /permissions: deployments: write/,
    );
  });

  test("every status has a state, and only success is a success", () => {
    const successes = Status.options.filter((status) => deploymentStates[status] === "success");
    expect(Object.keys(deploymentStates).sort()).toEqual([...Status.options].sort());
    expect(successes).toEqual(["succeeded"]);
  });
});
