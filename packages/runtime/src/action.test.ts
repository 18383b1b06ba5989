import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runStep, startStep } from "@sluice/testing/runner";
import { leaksOf } from "@sluice/testing/secrets";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const probe = join(import.meta.dirname, "fixtures/probe");
let workspace: string;
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), "sluice-probe-"));
});
afterAll(() => rm(workspace, { recursive: true, force: true }));
const run = (does: string, more: Record<string, string> = {}, env: Record<string, string> = {}) =>
  runStep(probe, { workspace, inputs: { does, ...more }, env });

describe("an action", () => {
  test("hands over its document, status, reason code and scalars, and its summary", async () => {
    const step = await run("succeed");
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ status: "succeeded", reason_code: "run.succeeded", word: "yes" });
    expect(JSON.parse(step.outputs.result!)).toMatchObject({
      schema: "sluice/result/v1",
      status: "succeeded",
    });
    expect(step.summary.trim()).toBe("## Done");
  });

  test("annotates the line of a problem, in the folder of the project (R476)", async () => {
    const step = await run("succeed", { "working-directory": "examples/shop" });
    expect(step.annotations).toEqual([
      {
        level: "warning",
        file: "examples/shop/.deploy/demo-config.yaml",
        line: 7,
        column: 3,
        title: "config.unit-missing",
        message: "The pause is 10, without a unit.\nWrite `10s`.",
      },
    ]);
  });

  test("opens a log group for each stage", async () => {
    expect((await run("talk", { token: "abcdef" })).groups).toEqual(["build"]);
  });

  test("fails with what, where and what to do when it refuses", async () => {
    const step = await run("refuse");
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ status: "failed", reason_code: "config.unknown-key" });
    expect(step.annotations).toMatchObject([{ level: "error", file: ".deploy/demo-config.yaml", line: 2 }]);
    expect(step.summary).toContain("Write `replicas`.");
  });

  test("names every input that is wrong", async () => {
    const step = await run("dance");
    expect(step.exitCode).toBe(1);
    expect(step.outputs.reason_code).toBe("config.input-invalid");
    expect(step.stdout).toMatch(/`does` is `dance`; allowed are `succeed`/);
  });

  test("reports a defect as one", async () => {
    const step = await run("break");
    expect(step.exitCode).toBe(1);
    expect(step.outputs.reason_code).toBe("run.internal");
    expect(step.stdout).toContain("defect of Sluice");
  });

  test("fails when a release was taken back, and not when that was its job (R381)", async () => {
    expect(await run("lose")).toMatchObject({ exitCode: 1, outputs: { status: "rolled_back" } });
    expect(await run("roll-back")).toMatchObject({ exitCode: 0, outputs: { status: "rolled_back" } });
  });

  test("stops on SIGINT, says that it was cancelled, and needs no second signal", async () => {
    const step = await startStep(probe, { workspace, inputs: { does: "wait" } });
    await step.printed(/waiting/);
    step.cancel();
    expect(await step.done).toMatchObject({
      exitCode: 1,
      signal: null,
      outputs: { status: "cancelled", reason_code: "run.cancelled" },
    });
  });
});

describe("a secret", () => {
  const secret = "s3cr3t/value+1";

  test("among the inputs is masked before anything is printed, line by line", async () => {
    const step = await run("talk", { token: `${secret}\nsecond-line` });
    expect(step.masks).toEqual([secret, "second-line"]);
    expect(step.commands[0]).toMatchObject({ name: "add-mask" });
    expect(await leaksOf(secret, step, [workspace])).toEqual([]);
  });

  test("among lines NAME=value is masked before anything is printed, quoted or not (R209)", async () => {
    const written = 'API_TOKEN=tok-1f2e3d\n\nKEY="-----BEGIN-----\\nline-of-the-key\\nEND"\n';
    const step = await run("talk", { secrets: written });
    expect(step.masks).toEqual(
      expect.arrayContaining(["tok-1f2e3d", "-----BEGIN-----", "line-of-the-key", "END"]),
    );
    expect(step.commands[0]).toMatchObject({ name: "add-mask" });
    expect(step.stdout).toContain("the variables are API_TOKEN, KEY");
    expect(step.stdout).not.toContain("NAME=");
    for (const value of ["tok-1f2e3d", "line-of-the-key"])
      expect(await leaksOf(value, step, [workspace])).toEqual([]);
  });

  test("in a line that cannot be read is named by the number of the line, and masked too", async () => {
    const step = await run("talk", { secrets: '\nA=b\nhunter2hunter2\nC="never closed' });
    expect(step.exitCode).toBe(1);
    expect(step.outputs.reason_code).toBe("config.input-invalid");
    expect(step.annotations[0]!.message).toMatch(
      /^The input `secrets` cannot be read in lines 3, 4\.\nWrite/,
    );
    for (const value of ["hunter2hunter2", "never closed"]) {
      expect(await leaksOf(value, step, [workspace])).toEqual([]);
      expect(step.masks).toContain(value);
    }
  });

  test("that is found later is masked too", async () => {
    const step = await run("mask", {}, { FOUND_LATER: secret });
    expect(step.masks).toEqual([secret]);
    expect(await leaksOf(secret, step)).toEqual([]);
  });

  test("among the inputs is not handed to the programs that the action starts", async () => {
    const step = await run("start", { token: secret });
    expect(step.stdout).toContain("INPUT_DOES");
    expect(step.stdout).not.toContain("INPUT_TOKEN");
    expect(await leaksOf(secret, step)).toEqual([]);
  });

  test("of one or two characters is left alone, since its mask would destroy the log", async () => {
    expect((await run("succeed", { token: "1" })).masks).toEqual([]);
  });
});
