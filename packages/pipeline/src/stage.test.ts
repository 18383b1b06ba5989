import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "@sluice/documents";
import { afterAll, describe, expect, test } from "vitest";
import { withLock } from "./lock.ts";
import { readRuns } from "./run-folder.ts";
import { runStage } from "./stage.ts";
import { testProject } from "./testing/project.ts";

const project = testProject({
  ".deploy/project.yaml":
    "name: shop\nservices: [{ name: web, path: web, command: [node, s.js], secrets: [API_TOKEN] }]\n",
  ".deploy/dev-config.yaml": "environment: development\ntarget: local\nstrategy: recreate\n",
});
afterAll(() => project.remove());
const token = "tok-4711-do-not-show";
const variables = { PATH: process.env.PATH, API_TOKEN: token };
const context = await project.open("dev", { variables });
const done = { status: "succeeded", reasonCode: "run.reported", summary: "done", details: null } as const;

describe("a stage", () => {
  test("leaves a result in the folder of its run, and its beginning and end in the journal (R401, R475)", async () => {
    const result = await runStage(context, "report", "1.0.0", async () => done);
    expect(result).toMatchObject({ stage: "report", environment: "development", version: "1.0.0", ...done });
    expect((await readRuns(context)).at(-1)).toEqual({ run: context.run, results: [result], load: null });
    const events = await context.journal.events();
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["stage.started", "stage.finished"]);
  });

  test.each([
    ["failed, with every problem", "config.not-allowed", "failed"],
    ["cancelled when it was", "run.cancelled", "cancelled"],
  ] as const)("that is refused is %s (R402)", async (_, reasonCode, status) => {
    const refusal = new Refusal([
      { reasonCode, message: "one" },
      { reasonCode, message: "two" },
    ]);
    const result = await runStage(context, "build", undefined, () => Promise.reject(refusal));
    expect(result).toMatchObject({ status, reasonCode, summary: "one", problems: [{}, { message: "two" }] });
  });

  test("that is broken is seen as broken: a defect is no result", async () => {
    const defect = () => Promise.reject(new TypeError("x is not a function"));
    await expect(runStage(context, "build", undefined, defect)).rejects.toThrow("x is not a function");
  });

  test("without a journal does not go on", async () => {
    const full = new Refusal({ reasonCode: "run.journal-unwritable", message: "no space" });
    await expect(runStage(context, "build", undefined, () => Promise.reject(full))).rejects.toBe(full);
  });

  test("shows no secret, whoever says it", async () => {
    const said: string[] = [];
    const open = await project.open("dev", {
      variables,
      onProgress: (progress) => void said.push(JSON.stringify(progress)),
    });
    const result = await runStage(open, "build", undefined, async () => ({
      ...done,
      summary: `with ${token}`,
    }));
    const seen = [...said, JSON.stringify(result), JSON.stringify(await open.journal.events())].join("\n");
    expect(seen).not.toContain(token);
  });
});

test("what Sluice did not write into the output folder is passed over", async () => {
  const folder = join(context.out, "runs", "foreign");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "deploy.json"), '{"stage": "deploy"}');
  writeFileSync(join(folder, "build.json"), "{");
  expect((await readRuns(context)).map(({ run }) => run)).not.toContain("foreign");
});

describe("the lock of an environment", () => {
  test("refuses a second run, and names who holds it", async () => {
    const second = await project.open("dev", {
      variables: {
        GITHUB_ACTIONS: "true",
        GITHUB_RUN_ID: "7",
        GITHUB_REPOSITORY: "a/b",
        GITHUB_SERVER_URL: "x",
      },
    });
    await withLock(context, async () => {
      const refusal = await withLock(second, async () => "mine").catch((error: unknown) => error);
      expect(refusal).toMatchObject({ reasonCode: "run.locked" });
      expect(String(refusal)).toContain(context.owner);
    });
    expect(await withLock(second, async () => "mine")).toBe("mine");
  });

  test("is taken once by stages inside of one another, and given back when one throws", async () => {
    expect(await withLock(context, () => withLock(context, async () => "both"))).toBe("both");
    await expect(withLock(context, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(context.journal.fence()).toBeNull();
  });
});
