import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { startDetached } from "./daemon.ts";
import { endProcess } from "./end.ts";
import { isAlive, isGroupAlive, parseProcStat, startTimeOf } from "./identity.ts";
import { claimPidFile, readPidFile } from "./pid-file.ts";
import { run } from "./run.ts";
import { startProcess } from "./supervised.ts";
import { which } from "./which.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-process-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const PATH = process.env.PATH!;
const at = (name: string) => join(scratch, name);
const text = (name: string) => readFileSync(at(name), "utf8");
const until = (check: () => boolean) =>
  vi.waitFor(() => expect(check()).toBe(true), { timeout: 10_000, interval: 10 });

describe("a supervised process", () => {
  test("writes its pid file before it begins, its output to a file, and says how it ended", async () => {
    const child = startProcess(
      ["sh", "-c", `cat ${at("a.pid")} > ${at("seen")}; echo out; echo err >&2; exit 4`],
      {
        cwd: scratch,
        env: { PATH },
        logFile: at("a.log"),
        pidFile: at("a.pid"),
      },
    );
    expect(await child.exited).toEqual({ exitCode: 4, signal: null });
    expect(text("a.log")).toBe("out\nerr\n");
    expect(text("seen").split("\n")[0]).toBe(String(child.pid));
    expect(readPidFile(at("a.pid"))).toBe("none");
  });

  test("is found by its pid file while it runs, and ends with its group", async () => {
    const child = startProcess(["sh", "-c", "sleep 60 & sleep 60"], {
      cwd: scratch,
      env: { PATH },
      logFile: at("b.log"),
      pidFile: at("b.pid"),
    });
    await until(() => typeof readPidFile(at("b.pid")) === "object");
    expect(readPidFile(at("b.pid"))).toEqual({ pid: child.pid, startTime: startTimeOf(child.pid) });
    expect(await endProcess(child.pid, { graceSeconds: 5 })).toBe("ended");
    expect(isGroupAlive(child.pid)).toBe(false);
  });

  test("never begins when its start was called off before", async () => {
    expect(claimPidFile(at("c.pid"))).toBe(true);
    expect(claimPidFile(at("c.pid"))).toBe(false);
    const child = startProcess(["touch", at("began")], {
      cwd: scratch,
      env: { PATH },
      logFile: at("c.log"),
      pidFile: at("c.pid"),
    });
    expect(await child.exited).toMatchObject({ exitCode: 111 });
    expect(() => text("began")).toThrow();
    expect(readPidFile(at("c.pid"))).toBe("claimed");
  });

  test("is killed when it ignores SIGTERM", async () => {
    const child = startProcess(
      ["sh", "-c", `trap '' TERM; touch ${at("ready")}; while :; do sleep 0.1; done`],
      {
        cwd: scratch,
        env: { PATH },
        logFile: at("d.log"),
        pidFile: at("d.pid"),
      },
    );
    await until(() => existsSync(at("ready")));
    expect(await endProcess(child.pid, { graceSeconds: 0.1 })).toBe("killed");
    expect(await child.exited).toMatchObject({ signal: "SIGKILL" });
  });
});

describe("a daemon", () => {
  test("outlives the process that started it and its whole group, without RUNNER_TRACKING_ID", async () => {
    const script = at("starter.ts");
    writeFileSync(
      script,
      `import { startDetached } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
       const daemon = await startDetached(["sh", "-c", "env > ${at("env")}; touch ${at("up")}; exec sleep 60"],
         { cwd: "/", env: process.env, logFile: ${JSON.stringify(at("daemon.log"))} });
       console.log(JSON.stringify(daemon));
       setInterval(() => {}, 1000);`,
    );
    let daemon = { pid: 0, startTime: "" };
    const controller = new AbortController();
    const starter = run([process.execPath, script], {
      env: { ...process.env, RUNNER_TRACKING_ID: "github_0123" },
      signal: controller.signal,
      onLine: (line, stream) => {
        if (stream === "stdout") daemon = JSON.parse(line);
      },
    });
    starter.catch(() => {});
    await until(() => daemon.pid > 0 && existsSync(at("up")));
    controller.abort(); // ends the whole process group of the starter
    await expect(starter).rejects.toThrow();
    expect(isAlive(daemon.pid, daemon.startTime)).toBe(true);
    expect(text("env")).toContain("PATH=");
    expect(text("env")).not.toContain("RUNNER_TRACKING_ID");
    process.kill(daemon.pid, "SIGKILL");
    await until(() => !isAlive(daemon.pid, daemon.startTime));
  });

  test("that cannot be started is refused", async () => {
    await expect(
      startDetached(["no-such-daemon"], { cwd: "/", env: { PATH }, logFile: at("none.log") }),
    ).rejects.toMatchObject({ reasonCode: "run.tool-missing" });
  });
});

test("a program whose name looks like the fields of /proc/<pid>/stat does not confuse them", () => {
  const fields = Array.from({ length: 49 }, (_, index) => String(index + 4));
  expect(parseProcStat(`12 (a) R 1 2 (b)) S ${fields.join(" ")}`)).toEqual({ startTime: "22", group: 5 });
  const threads = (count: number) => fields.with(16, String(count)).join(" "); // field 20
  expect(parseProcStat(`12 (a) Z ${threads(1)}`)).toBeNull();
  expect(parseProcStat(`12 (a) Z ${threads(2)}`)).not.toBeNull();
});

test("which finds what a shell would find", () => {
  expect(which("sh")).toMatch(/\/sh$/);
  expect(which("sh", { env: { PATH: "" } })).toBeNull();
  expect(which("./run.ts", { cwd: import.meta.dirname })).toBeNull();
});
