import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileJournalStore } from "./file-journal-store.ts";
import { withFileLock } from "./file-lock.ts";
import { hasEnded, isOwnerGone, localOwner, thisProcess } from "./owner.ts";

const fixture = (name: string) => join(import.meta.dirname, "fixtures", name);
const children: ChildProcess[] = [];
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sluice-store-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

function start(name: string, ...args: string[]) {
  const child = spawn(process.execPath, [fixture(name), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let output = "";
  const waiting: (() => void)[] = [];
  child.stdout.on("data", (chunk) => {
    output += chunk;
    for (const wake of waiting.splice(0)) wake();
  });
  const ended = new Promise<number | null>((done) => child.on("close", (code) => done(code)));
  return {
    child,
    ended,
    lines: () => output.split("\n").slice(0, -1),
    async printed(count: number) {
      while (output.split("\n").length - 1 < count) await new Promise<void>((wake) => waiting.push(wake));
    },
  };
}

describe("several processes on one journal", () => {
  test("no entry is lost, doubled or out of order when three append at once", async () => {
    const path = join(directory, "journal.jsonl");
    const writers = ["a", "b", "c"].map((name) => start("writer.ts", path, name, "40"));
    expect(await Promise.all(writers.map((writer) => writer.ended))).toEqual([0, 0, 0]);
    const events = await fileJournalStore(path).read();
    expect(events.map((event) => event.sequence)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    for (const name of ["a", "b", "c"])
      expect(events.filter((event) => event.run === name).map((event) => event.data)).toEqual(
        Array.from({ length: 40 }, (_, i) => ({ text: `${name}-${i}` })),
      );
  });

  test("what was acknowledged before SIGKILL is there, and the others go on", async () => {
    const path = join(directory, "journal.jsonl");
    for (let round = 0; round < 3; round++) {
      const victim = start("writer.ts", path, `victim${round}`, "100000");
      await victim.printed(5 + round);
      victim.child.kill("SIGKILL");
      await victim.ended;
      const survivor = start("writer.ts", path, `survivor${round}`, "3");
      expect(await survivor.ended).toBe(0);
      const events = await fileJournalStore(path).read();
      const kept = events.filter((event) => event.run === `victim${round}`).length;
      expect(kept).toBeGreaterThanOrEqual(victim.lines().length);
      expect(events.map((event) => event.sequence)).toEqual(events.map((_, i) => i + 1));
    }
  });
});

describe("the lock of a file", () => {
  test("of a process that was killed is taken over, by exactly one of many", async () => {
    const lock = join(directory, "lock");
    const holder = start("lock-holder.ts", lock);
    await holder.printed(1);
    holder.child.kill("SIGKILL");
    await holder.ended;
    expect(lstatSync(lock).isSymbolicLink()).toBe(true); // left behind
    let inside = 0;
    let most = 0;
    const work = () => {
      most = Math.max(most, ++inside);
      inside--;
      return true;
    };
    expect(await Promise.all(Array.from({ length: 20 }, () => withFileLock(lock, work)))).toHaveLength(20);
    expect(most).toBe(1);
    expect(lstatSync(lock, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("of a living process is respected, and after the time limit it says who that is", async () => {
    const lock = join(directory, "lock");
    const holder = start("lock-holder.ts", lock);
    await holder.printed(1);
    await expect(withFileLock(lock, () => "mine", 50)).rejects.toThrow(`:${holder.child.pid}:`);
  });

  test("of a number that was given out again belongs to a process that has ended", async () => {
    const { host, pid } = thisProcess();
    const lock = join(directory, "lock");
    symlinkSync(`${host}:${pid}:1:nonce`, lock); // this process was not started at tick 1
    expect(await withFileLock(lock, () => "mine", 1_000)).toBe("mine");
  });

  test("of another machine is respected while it is young", async () => {
    const lock = join(directory, "lock");
    symlinkSync("elsewhere:1:1:nonce", lock);
    await expect(withFileLock(lock, () => "mine", 50)).rejects.toThrow(/elsewhere/);
  });

  test("is given back when the work throws", async () => {
    const lock = join(directory, "lock");
    const fail = () => {
      throw new Error("no");
    };
    await expect(withFileLock(lock, fail)).rejects.toThrow("no");
    expect(await withFileLock(lock, () => "mine", 50)).toBe("mine");
  });
});

describe("the owner of a lock in the journal", () => {
  test("is alive while its process is, and gone afterwards", async () => {
    expect(isOwnerGone(localOwner())).toBe(false);
    const child = start("lock-holder.ts", join(directory, "lock"));
    await child.printed(1);
    const owner = `anna@${hostname()}, process ${child.child.pid} (started ${startedOf(child.child.pid)})`;
    expect(isOwnerGone(owner)).toBe(false);
    child.child.kill("SIGKILL");
    await child.ended;
    expect(isOwnerGone(owner)).toBe(true);
  });

  test("on another machine, or with a name of another kind, is never called gone", () => {
    expect(hasEnded({ host: "elsewhere", pid: 1, started: "1" })).toBeNull();
    expect(isOwnerGone("anna@elsewhere, process 1 (started 1)")).toBe(false);
    expect(isOwnerGone("github run 4242, attempt 1")).toBe(false);
  });
});

const startedOf = (pid: number | undefined) =>
  readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")[19];

describe("a limit of the file size", () => {
  test("ends with the reason, and every acknowledged event is there (R476)", async () => {
    const path = join(directory, "journal.jsonl");
    const command = `ulimit -f 16; exec "$0" "$@"`; // blocks of 1024 bytes in bash, 512 in other shells
    const output = execFileSync("bash", [
      "-c",
      command,
      process.execPath,
      fixture("limited-writer.ts"),
      path,
    ]);
    const { acknowledged, reasonCode, message } = JSON.parse(output.toString());
    expect(reasonCode).toBe("run.journal-unwritable");
    expect(message).toMatch(/larger than is allowed[\s\S]*ulimit -f/);
    expect(acknowledged).toBeGreaterThan(3);
    expect(readFileSync(path, "utf8").at(-1)).toBe("\n");
    expect(await fileJournalStore(path).read()).toHaveLength(acknowledged);
  });
});
