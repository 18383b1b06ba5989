import { Refusal } from "@sluice/documents";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isDeployedNow, type Purpose } from "./chosen-environment.ts";
import { type TestProject, testProject } from "./testing/project.ts";

const gitFlow = {
  develop: "development",
  "feature/*": "development",
  "release/*": "staging",
  "hotfix/*": "production",
  main: "production",
};
const projectWith = (branches: object) =>
  `name: shop
services:
  - { name: web, path: web, command: [node, server.js] }
branches: ${JSON.stringify(branches)}
`;
let project: TestProject;
beforeEach(() => {
  project = testProject({
    ".deploy/project.yaml": projectWith(gitFlow),
    ".deploy/dev-config.yaml": "environment: development\nautoDeploy: true\n",
    ".deploy/staging-config.yaml": "environment: staging\nautoDeploy: false\n",
    ".deploy/prod-config.yaml": "environment: production\n",
    "web/server.js": "",
  });
});
afterEach(() => project.remove());

/** Opens `auto` and says what it is, whether the run deploys it, and what the log says about that. */
async function choose(purpose: Purpose, variables: NodeJS.ProcessEnv = {}) {
  const log: string[] = [];
  const context = await project.open("auto", {
    purpose,
    variables: { PATH: process.env.PATH, USER: "anna", ...variables },
    onProgress: (progress) => "text" in progress && log.push(progress.text),
  });
  return [context.environment.environment, await isDeployedNow(context), log.join("\n")];
}
const on = (event: string, ref: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  GITHUB_ACTIONS: "true",
  GITHUB_EVENT_NAME: event,
  GITHUB_REF_TYPE: "branch",
  GITHUB_REF_NAME: ref,
  ...more,
});

async function refusalOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(Refusal);
  return (error as Refusal).problems[0];
}

describe("with `auto`, the environment follows from the branch", () => {
  test.each([
    ["develop", "development"],
    ["feature/tea", "development"],
    ["release/2.1", "staging"],
    ["hotfix/SHOP-7", "production"],
    ["main", "production"],
  ])("%s of Git Flow belongs to %s on a laptop (R019)", async (branch, environment) => {
    project.git("init", "--quiet", `--initial-branch=${branch}`);
    project.git("commit", "--quiet", "--allow-empty", "--message=first");
    const found = await choose("work");
    expect(found.slice(0, 2)).toEqual([environment, true]);
    expect(found[2]).toContain(`\`branches\` gives it for the branch ${branch}`);
  });

  test("a push deploys the environment of its branch, but not where autoDeploy is false (R019, R088)", async () => {
    expect((await choose("check", on("push", "hotfix/1"))).slice(0, 2)).toEqual(["production", true]);
    expect((await choose("check", on("push", "release/1"))).slice(0, 2)).toEqual(["staging", false]);
    expect((await choose("work", on("workflow_dispatch", "release/1"))).slice(0, 2)).toEqual([
      "staging",
      true,
    ]);
  });

  test("a pull request is checked against the branch that it goes into, and deploys nothing (R018)", async () => {
    const request = on("pull_request", "7/merge", { GITHUB_BASE_REF: "main" });
    expect((await choose("check", request)).slice(0, 2)).toEqual(["production", false]);
  });

  test("a branch without an environment is checked against the first one, and the log says so (R018)", async () => {
    const [environment, deploys, log] = await choose("check", on("push", "spike"));
    expect([environment, deploys]).toEqual(["development", false]);
    expect(log).toContain("the first of `branches`: the branch spike has none and is only checked");
  });
});

describe("with `auto`, what would change something is refused", () => {
  test("on a branch without an environment, with what to write", async () => {
    expect(await refusalOf(choose("work", on("push", "spike")))).toMatchObject({
      reasonCode: "config.unknown-environment",
      message: expect.stringContaining("the branch spike has none"),
      remedy: expect.stringContaining('`branches: { "spike": <environment> }`'),
      location: { file: ".deploy/project.yaml", key: "branches" },
    });
  });
  test("for a tag, and where the map is empty also for a check", async () => {
    const tag = on("push", "main", { GITHUB_REF_TYPE: "tag" });
    expect((await refusalOf(choose("work", tag))).message).toContain("no branch");
    project.write({ ".deploy/project.yaml": projectWith({}) });
    expect((await refusalOf(choose("check", tag))).reasonCode).toBe("config.unknown-environment");
  });
  test("in a pull request", async () => {
    const request = on("pull_request", "7/merge", { GITHUB_BASE_REF: "main" });
    expect(await refusalOf(choose("work", request))).toMatchObject({
      reasonCode: "config.contradiction",
      remedy: expect.stringContaining("steps.plan.outputs.deploys"),
    });
  });
  test("by a push to an environment with autoDeploy: false (R088)", async () => {
    expect(await refusalOf(choose("work", on("push", "release/1")))).toMatchObject({
      reasonCode: "config.contradiction",
      remedy: expect.stringContaining("workflow_dispatch"),
      location: { file: ".deploy/staging-config.yaml", key: "autoDeploy" },
    });
  });
});

test("an environment that is named is taken as it is; it is deployed only from its branch", async () => {
  const open = async (name: string) =>
    isDeployedNow(await project.open(name, { variables: { PATH: process.env.PATH, ...on("push", "main") } }));
  expect([await open("production"), await open("prod"), await open("development")]).toEqual([
    true,
    true,
    false,
  ]);
});
