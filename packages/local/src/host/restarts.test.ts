import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { capLog, lastLines } from "./log-file.ts";
import { describeEnd, restartDelay } from "./restarts.ts";

const scratch = mkdtempSync(join(tmpdir(), "sluice-log-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("the pause before a restart doubles up to half a minute", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 50].map(restartDelay)).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
});

test("an end is told with its status, its series and its last lines", () => {
  const end = { exitCode: 3, signal: null, ranSeconds: 0.21, endsInARow: 1, lastLines: ["no database"] };
  expect(describeEnd(end)).toBe(
    "It ended with exit status 3 after 0.2 s; it is started again 0.5 s later.\nIts last lines:\n  no database",
  );
  expect(describeEnd({ ...end, exitCode: null, signal: "SIGSEGV", endsInARow: 3, lastLines: [] })).toBe(
    "Crash loop (3 ends in a row): it was ended by SIGSEGV after 0.2 s; it is started again 2 s later.",
  );
});

test("the last lines of a log do not show secrets, and a log that is not there has none", () => {
  const file = join(scratch, "a.log");
  writeFileSync(file, "one\n\ntwo hunter2\nthree\n");
  expect(lastLines(file, 2, ["hunter2", ""])).toEqual(["two ***", "three"]);
  expect(lastLines(join(scratch, "none.log"), 2)).toEqual([]);
});

test("a log that grew too large is cut, its newer half is kept beside it", () => {
  const file = join(scratch, "b.log");
  writeFileSync(file, `${"old ".repeat(500)}${"new ".repeat(500)}`);
  capLog(file, 10_000);
  expect(statSync(file).size).toBe(4000);
  capLog(file, 2000);
  expect(statSync(file).size).toBe(0);
  expect(readFileSync(`${file}.1`, "utf8")).toBe("new ".repeat(250));
});
