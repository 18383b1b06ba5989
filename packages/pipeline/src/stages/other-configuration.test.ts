import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "@sluice/ports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { testProject } from "../testing/project.ts";
import { buildStage } from "./build.ts";
import { deployStage } from "./deploy.ts";
import { planFile, planStage } from "./plan.ts";
import { rollbackStage } from "./rollback.ts";

/** The value of a variable; it must not be seen anywhere. */
const hidden = "hidden-4711";
const projectFile = (more: string) => `name: shop
services:
  - { name: orders, path: orders, command: [node, service.mjs], ${more} }
  - { name: web, path: web, tier: ui, dependsOn: [orders], command: [node, service.mjs] }
`;
const environmentFile = (orders: string) => `environment: test
target: local
strategy: recreate
healthCheck: { path: /health, interval: 200ms, retries: 50 }
services: { orders: { ${orders} } }
`;
const before = { project: "secrets: [B_TOKEN, A_TOKEN]", environment: "replicas: 2" };
const filesOf = (configured: typeof before) => ({
  ".deploy/project.yaml": projectFile(configured.project),
  ".deploy/test-config.yaml": environmentFile(configured.environment),
});
const project = testProject(filesOf(before), ["orders", "web"]);
afterAll(() => project.remove());

let run = 0;
let shown: Progress[] = [];
/** Each time as another run of a workflow. */
const open = () =>
  project.open("test", {
    variables: {
      PATH: process.env.PATH,
      ...{ A_TOKEN: "token-a", B_TOKEN: "token-b", C_TOKEN: "token-c" },
      GITHUB_ACTIONS: "true",
      GITHUB_RUN_ID: String(++run),
    },
    onProgress: (progress) => shown.push(progress),
  });
const release = { version: "1.0.0" };
let context: Context;

async function deploy(services?: string[]) {
  context = await open();
  const built = await buildStage(context, release);
  expect(built.status, built.summary).toBe("succeeded");
  return deployStage(context, { ...release, ...(services ? { services } : {}) });
}
/** Which replicas run, and since when. */
async function replicas() {
  const { versions } = await context.target.target.observe("orders");
  return versions.flatMap(({ version, replicas }) =>
    replicas.map(({ id, startedAt, restarts }) => ({ version, id, startedAt, restarts })),
  );
}
const journal = () => readFileSync(join(context.state, "journal.jsonl"), "utf8");

beforeAll(async () => {
  // Where orders will be is not known yet.
  expect((await deploy(["web"])).status).toBe("succeeded");
  expect((await deploy()).status).toBe("succeeded");
});

describe("the version that runs, with another configuration", () => {
  test.each([
    [
      "environment.LOG_LEVEL",
      { ...before, environment: `replicas: 2, environment: { LOG_LEVEL: ${hidden} }` },
    ],
    [
      "environment.LOG_LEVEL",
      { ...before, environment: `replicas: 3, environment: { LOG_LEVEL: ${hidden} }` },
    ],
    ["healthCheck.path", { ...before, environment: `replicas: 2, healthCheck: { path: /ready }` }],
    ["secrets", { ...before, project: "secrets: [B_TOKEN, C_TOKEN]" }],
    [
      "command",
      { ...before, project: `secrets: [A_TOKEN, B_TOKEN], command: [node, service.mjs, ${hidden}]` },
    ],
  ])("is refused by its %s before anything is started, and the plan says so: %#", async (key, configured) => {
    const files = filesOf(configured);
    if (key === "command")
      files[".deploy/project.yaml"] = files[".deploy/project.yaml"].replace(
        "command: [node, service.mjs], s",
        "s",
      );
    project.write(files);
    const running = await replicas();
    expect(running).toHaveLength(2);
    shown = [];
    const result = await deploy();
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.configuration-differs" });
    expect(result.summary).toContain(`orders runs 1.0.0 already, in another configuration: ${key} differs.`);
    expect(await replicas()).toEqual(running);

    const text: string[] = [];
    const planned = await planStage(context, { ...release, diff: true, show: (part) => text.push(part) });
    expect(planned).toMatchObject({ status: "failed", reasonCode: "deploy.configuration-differs" });
    expect(text.join("")).toContain(`${key} differs`);
    const everything = [result, planned, shown, text, journal(), readFileSync(planFile(context), "utf8")];
    expect(JSON.stringify(everything)).not.toContain(hidden);
  });

  test("is no reason for the rollback of its workflow to take away what ran before", async () => {
    const running = await replicas();
    const back = await rollbackStage(context, { from: "1.0.0", reason: "the deployment ended as failed" });
    expect(back).toMatchObject({ status: "skipped", reasonCode: "rollback.nothing-to-do" });
    expect(back.summary).toContain("orders runs 1.0.0 since before this run");
    expect(await replicas()).toEqual(running);
  });
});

describe("the version that runs, as it is configured", () => {
  test("may have another number of replicas; those that run stay", async () => {
    const running = await replicas();
    project.write(filesOf({ ...before, environment: "replicas: 3" }));
    const result = await deploy();
    expect(result, result.summary).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    expect(await replicas()).toHaveLength(3);
    expect(await replicas()).toEqual(expect.arrayContaining(running));
  });

  test("is the same with its secrets in another order, and wherever other services are by now", async () => {
    project.write(filesOf({ project: "secrets: [A_TOKEN, B_TOKEN]", environment: "replicas: 3" }));
    const planned = await planStage(await open(), release);
    expect(planned.problems.map(({ reasonCode }) => reasonCode)).toEqual(["plan.unchanged"]);
    expect(await deploy()).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
  });
});

test("a version that this run has deployed is taken back by its workflow, in a later attempt as well", async () => {
  project.write({ "orders/more.txt": "more" });
  const next = { version: "2.0.0", services: ["orders"] };
  context = await open();
  await buildStage(context, next);
  expect(await deployStage(context, next)).toMatchObject({ reasonCode: "deploy.promoted" });
  const again = await project.open("test", {
    variables: { ...context.variables, GITHUB_RUN_ATTEMPT: "2" },
  });
  const back = await rollbackStage(again, { from: "2.0.0", reason: "verify failed" });
  expect(back, back.summary).toMatchObject({ status: "rolled_back" });
  expect((await context.target.target.observe("orders")).stable).toBe("1.0.0");
});

test("a version that another run has deployed goes where somebody only wants to get rid of it", async () => {
  const named = await rollbackStage(await open(), { to: "2.0.0", reason: "it was not the release" });
  expect(named, named.summary).toMatchObject({ status: "rolled_back" });
  const back = await rollbackStage(await open(), { from: "2.0.0", reason: "it was, after all" });
  expect(back, back.summary).toMatchObject({
    status: "rolled_back",
    details: { services: [{}, { to: "1.0.0" }] },
  });
});
