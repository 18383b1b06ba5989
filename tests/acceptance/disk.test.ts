/** Disks that are full and files that are damaged: the run says so, the old version serves, nothing is lost. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Load } from "../../scripts/demo/load.ts";
import { customers, expectOnly, recorded, until } from "./support/customers.ts";
import { program } from "./support/dist.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli, release, start, startCli } from "./support/sluice.ts";

const isAtQuarter = async (project: Project) => {
  const state = await recorded(project);
  return (state?.weights["2.0.0"] ?? 0) >= 25;
};

describe("a journal that may not grow any more", () => {
  let project: Project;
  let load: Load;
  beforeAll(async () => {
    project = await makeProject();
    expect((await release(project, "1.0.0")).exitCode).toBe(0);
    await cli(project, ["build", "--version", "2.0.0"]);
    load = await customers(project);
  });
  afterAll(() => project.remove());

  test("turns the rollout round: all traffic on the old version, and the reason is the journal", async () => {
    const journal = join(project.state, "test", "journal.jsonl");
    // Room for the start of the run and for a few samples, but not for all of the rollout. In blocks of 512 bytes.
    const blocks = Math.ceil((statSync(journal).size + 4000) / 512);
    const limited = `ulimit -f ${blocks}; exec "$0" "$@"`;
    const ended = await start(
      [
        "/bin/sh",
        "-c",
        limited,
        process.execPath,
        program("cli"),
        "deploy",
        "--version",
        "2.0.0",
        "--json",
        "--state-dir",
        project.state,
      ],
      project,
    ).ended;
    expect([ended.exitCode, ended.json.status, ended.json.reasonCode]).toEqual([
      1,
      "failed",
      "run.journal-unwritable",
    ]);
    expect(ended.json.problems![0]).toMatchObject({
      message: expect.stringContaining(journal),
      remedy: expect.stringMatching(/\S/),
    });
    const seen = await recorded(project);
    expect(seen).toMatchObject({ stable: "1.0.0", weights: { "1.0.0": 100 } });
    expect(load.report()).toMatchObject({ failed: 0 });
    expect((await project.journal()).length).toBeGreaterThan(0);
  });

  test("is gone on with when there is room again: the same release is promoted, and no request was lost", async () => {
    const { exitCode, json } = await cli(project, ["deploy", "--version", "2.0.0", "--json"]);
    expect([exitCode, json.reasonCode]).toEqual([0, "deploy.promoted"]);
    await expectOnly(project, "2.0.0");
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });
});

describe("a state directory on a disk that is full", () => {
  let project: Project;
  let load: Load;
  let whyNot: string | null;
  const ballast = () => join(project.state, "ballast");

  beforeAll(async () => {
    project = await makeProject();
    whyNot = mount(project.state);
    if (whyNot !== null) return;
    expect((await release(project, "1.0.0")).exitCode).toBe(0);
    await cli(project, ["build", "--version", "2.0.0"]);
    load = await customers(project);
  });
  afterAll(async () => {
    if (whyNot === null) {
      rmSync(ballast(), { force: true });
      await cli(project, ["stop"]);
      execFileSync("umount", [project.state]);
    }
    await project.remove();
  });

  test("during the canary fails the run and loses nothing; with room again the next run converges", async (context) => {
    if (whyNot !== null) return context.skip(whyNot);
    const running = startCli(project, ["deploy", "--version", "2.0.0", "--json"]);
    await until("the canary has a quarter of the traffic", () => isAtQuarter(project));
    fill(ballast());
    const ended = await running.ended;
    expect(ended.exitCode).toBe(1);
    expect(ended.json.reasonCode).toMatch(/run\.journal-unwritable|deploy\.state-unwritable/);
    expect(ended.json.problems![0]!.remedy).toMatch(/space|room/);
    expect(load.report()).toMatchObject({ failed: 0 });
    expect((await project.journal()).length).toBeGreaterThan(0);

    rmSync(ballast());
    const again = await cli(project, ["deploy", "--version", "2.0.0", "--json"]);
    expect([again.exitCode, again.json.reasonCode]).toEqual([0, "deploy.promoted"]);
    await expectOnly(project, "2.0.0");
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });
});

describe("a file of the state that was damaged", () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
    expect((await release(project, "1.0.0")).exitCode).toBe(0);
    await cli(project, ["stop"]);
  });
  afterAll(() => project.remove());

  test.each([
    ["the state of the target", "local/state.json", "deploy.target-lost"],
    ["the journal", "journal.jsonl", "run.journal-broken"],
  ])("%s: nothing is guessed and nothing is changed, until it is restored", async (_, name, code) => {
    const file = join(project.state, "test", name);
    const whole = readFileSync(file);
    writeFileSync(file, `{ not JSON\n${whole}`);
    for (const args of [["status"], ["deploy", "--version", "1.0.0"], ["rollback"]]) {
      const { exitCode, json } = await cli(project, [...args, "--json"]);
      expect([exitCode, json.status, json.reasonCode]).toEqual([1, "failed", code]);
      expect(json.problems![0]).toMatchObject({
        location: { file },
        remedy: expect.stringMatching(/[Rr]estore/),
      });
    }
    writeFileSync(file, whole);
    const { exitCode } = await cli(project, ["deploy", "--version", "1.0.0", "--json"]);
    expect(exitCode).toBe(0);
    await expectOnly(project, "1.0.0");
    await cli(project, ["stop"]);
  });
});

/** A small disk of its own. @returns why there cannot be one */
function mount(directory: string): string | null {
  mkdirSync(directory, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory], { stdio: "pipe" });
    return null;
  } catch (error) {
    return `no small tmpfs can be mounted here: ${(error as Error).message.split("\n")[1] ?? "not root"}`;
  }
}

/** Writes until the disk has not a byte left. */
function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
