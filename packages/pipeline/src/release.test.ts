import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "@sluice/documents";
import { afterAll, describe, expect, test } from "vitest";
import { findRelease, readRelease, versionOf } from "./release.ts";
import { testProject } from "./testing/project.ts";

const project = testProject({
  ".deploy/project.yaml": "name: shop\nservices: [{ name: web, path: web, command: [node, s.js] }]\n",
  ".deploy/dev-config.yaml": "environment: development\ntarget: local\nstrategy: recreate\n",
});
afterAll(() => project.remove());
const context = await project.open("dev");
const refusal = async (work: Promise<unknown>): Promise<Refusal> => {
  const error = await work.catch((reason: unknown) => reason);
  if (!(error instanceof Refusal)) throw new Error("nothing was refused");
  return error;
};

describe("the version of a release", () => {
  test("must be named where git knows none", async () => {
    const { problems } = await refusal(versionOf(context, undefined));
    expect(problems[0]).toMatchObject({ reasonCode: "config.input-invalid" });
    expect(problems[0].remedy).toContain("--version");
  });

  test("is the nearest tag, with the distance to it (R027)", async () => {
    project.git("init", "--quiet");
    const commit = () => project.git("commit", "--quiet", "--allow-empty", "--message=more");
    commit();
    expect(await versionOf(context, undefined)).toBe(project.git("rev-parse", "--short", "HEAD"));
    project.git("tag", "v2.1.0");
    expect(await versionOf(context, undefined)).toBe("2.1.0");
    commit();
    expect(await versionOf(context, undefined)).toMatch(/^2\.1\.0-1-g[0-9a-f]+$/);
  });

  test("is the one that is asked for, whatever git says", async () => {
    expect(await versionOf(context, "9.9.9")).toBe("9.9.9");
  });
});

describe("a release document", () => {
  test("that is not there says what writes it", async () => {
    const { problems } = await refusal(readRelease(context, undefined, undefined));
    expect(problems[0].message).toBe("There is no release document out/release.json.");
    expect(problems[0].remedy).toContain("Run `build` first");
    expect(await findRelease(context)).toBeNull();
  });

  test.each([
    ["no JSON", "{"],
    ["something else", '{"version": 1}'],
  ])("that is %s is refused with its name", async (_, content) => {
    mkdirSync(context.out, { recursive: true });
    writeFileSync(join(context.out, "release.json"), content);
    const { problems } = await refusal(readRelease(context, "out/release.json", undefined));
    expect(problems[0]).toMatchObject({
      reasonCode: "deploy.no-release",
      location: { file: "out/release.json" },
    });
  });
});
