import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { isAlive, isGone, isGroupAlive, startTimeOf } from "./identity.ts";
import { run } from "./run.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-run-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const readPid = (file: string) => Number(readFileSync(join(scratch, file), "utf8"));
const until = (check: () => boolean) =>
  vi.waitFor(() => expect(check()).toBe(true), { timeout: 10_000, interval: 10 });

describe("a command", () => {
  test("gives its status, its output and its lines", async () => {
    const lines: string[] = [];
    const result = await run(["/bin/sh", "-c", "echo one; echo two >&2; printf three; exit 3"], {
      onLine: (line, stream) => lines.push(`${stream}:${line}`),
    });
    expect(result).toMatchObject({ exitCode: 3, signal: null, stdout: "one\nthree", stderr: "two\n" });
    expect(lines.sort()).toEqual(["stderr:two", "stdout:one", "stdout:three"]);
  });

  test("passes arguments as they are, without a shell", async () => {
    const result = await run(["printf", "%s|", "a b", "$HOME", "'; exit 9 #"]);
    expect(result.stdout).toBe("a b|$HOME|'; exit 9 #|");
  });

  test("that is a script stops at the first command that fails", async () => {
    const result = await run("echo before\nfalse\necho after");
    expect(result).toMatchObject({ exitCode: 1, stdout: "before\n" });
  });

  test("reads its input, and may end before it has read all of it", async () => {
    expect((await run(["cat"], { input: "über" })).stdout).toBe("über");
    expect((await run(["true"], { input: "x".repeat(4_000_000) })).exitCode).toBe(0);
  });

  test("sees exactly the environment it is given", async () => {
    const result = await run(["/usr/bin/env"], { env: { ONLY: "this" } });
    expect(result.stdout.split("\n").filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line) && line)).toEqual([
      "ONLY=this",
    ]);
  });

  test("that writes without end is captured within bounds, the last part of it", async () => {
    const result = await run("yes | head -c 3000000; echo end", { captureLimit: 1000 });
    expect(result.isTruncated).toBe(true);
    expect(result.stdout).toHaveLength(1000);
    expect(result.stdout.endsWith("y\nend\n")).toBe(true);
  });

  test("that does not exist is refused with what to do", async () => {
    await expect(run(["no-such-program"])).rejects.toMatchObject({
      reasonCode: "run.tool-missing",
      message: expect.stringContaining("no-such-program"),
    });
  });

  test("that a signal ends has the status that a shell would say", async () => {
    expect(await run("kill -9 $$")).toMatchObject({ exitCode: 137, signal: "SIGKILL" });
  });
});

describe("nothing is left running", () => {
  test("after a timeout: the whole group ends, also what ignores SIGTERM", async () => {
    const result = await run(
      `(trap '' TERM; echo $BASHPID > ${scratch}/stubborn; while :; do sleep 0.1; done) & sleep 60`,
      {
        timeoutSeconds: 0.5,
        graceSeconds: 0.2,
      },
    );
    expect(result.isTimedOut).toBe(true);
    await until(() => startTimeOf(readPid("stubborn")) === null);
  });

  test("after an abort, and the promise rejects with its reason", async () => {
    const controller = new AbortController();
    const reason = new Error("cancelled");
    const running = run(`echo $$ > ${scratch}/leader; sleep 60 & sleep 60`, {
      signal: controller.signal,
      onLine: () => {},
    });
    await until(() => startTimeOf(readPid("leader")) !== null);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(isGroupAlive(readPid("leader"))).toBe(false);
  });

  test("after a normal end that left something in the background, which also held the output open", async () => {
    const result = await run("sleep 60 & echo $!");
    await until(() => startTimeOf(Number(result.stdout)) === null);
  });

  test("after SIGKILL of the process that runs it", async () => {
    const script = join(scratch, "runner.ts");
    const index = join(import.meta.dirname, "index.ts");
    writeFileSync(
      script,
      `import { run } from ${JSON.stringify(index)}; await run("echo $$ > ${scratch}/orphan; exec sleep 60");`,
    );
    const result = run(`${process.execPath} ${script} & echo $! > ${scratch}/runner; wait $!`);
    await until(() => startTimeOf(readPid("orphan")) !== null);
    process.kill(readPid("runner"), "SIGKILL");
    await until(() => startTimeOf(readPid("orphan")) === null);
    expect((await result).exitCode).toBe(137);
  });

  test("after SIGTERM to a process that does not handle it", async () => {
    const script = join(scratch, "terminated.ts");
    const index = join(import.meta.dirname, "index.ts");
    writeFileSync(
      script,
      `import { run } from ${JSON.stringify(index)}; await run("echo $$ > ${scratch}/child; exec sleep 60");`,
    );
    const result = run(`${process.execPath} ${script} & echo $! > ${scratch}/parent; wait $!`);
    await until(() => startTimeOf(readPid("child")) !== null);
    process.kill(readPid("parent"), "SIGTERM");
    expect((await result).exitCode).toBe(143);
    await until(() => startTimeOf(readPid("child")) === null);
  });
});

test("an id that was given to another process is not the process that was noted", () => {
  const startTime = startTimeOf(process.pid)!;
  expect(isAlive(process.pid, startTime)).toBe(true);
  expect(isAlive(process.pid, `${startTime}1`)).toBe(false);
  expect(startTimeOf(2 ** 22 + 1)).toBeNull();
});

test("a process is gone only when that is certain", () => {
  const startTime = startTimeOf(process.pid)!;
  expect(isGone(process.pid, startTime)).toBe(false);
  expect(isGone(process.pid, `${startTime}1`), "the id was given out again").toBe(true);
  expect(isGone(process.pid, ""), "its start was not known").toBe(false);
  expect(isGone(2 ** 22 + 1, "")).toBe(true);
});
