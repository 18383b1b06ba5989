import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { starOut, withPasswords } from "./log-file.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-log-"));
afterAll(() => rmSync(folder, { recursive: true }));
const log = join(folder, "replica.log");

test("stars take the place of every secret, and the log keeps its length", () => {
  writeFileSync(log, "login hunter22, hunter22 again\nall well\n");
  expect(starOut(log, ["hunter22"], 0)).toBe(40);
  expect(readFileSync(log, "utf8")).toBe("login ********, ******** again\nall well\n");
});

test("a secret whose halves were written at different times is found", () => {
  writeFileSync(log, "login hun");
  const seen = starOut(log, ["hunter22"], 0);
  appendFileSync(log, "ter22\n");
  starOut(log, ["hunter22"], seen);
  expect(readFileSync(log, "utf8")).toBe("login ********\n");
});

test("a log that was cut is looked through from its beginning", () => {
  writeFileSync(log, "a long line before\n");
  const seen = starOut(log, ["hunter22"], 0);
  truncateSync(log);
  appendFileSync(log, "hunter22\n");
  starOut(log, ["hunter22"], seen);
  expect(readFileSync(log, "utf8")).toBe("********\n");
});

test("a log that is not there, and values that are ordinary words, are left alone", () => {
  expect(starOut(join(folder, "none.log"), ["hunter22"], 7)).toBe(0);
  writeFileSync(log, "an error\n");
  starOut(log, ["", "an"], 0);
  expect(readFileSync(log, "utf8")).toBe("an error\n");
});

test("the password of an address is a secret of its own, as it is written and as it is meant", () => {
  expect(withPasswords(["postgres://app:a%2Fb@db/shop", "token", "https://example.com"])).toEqual([
    "postgres://app:a%2Fb@db/shop",
    "a%2Fb",
    "a/b",
    "token",
    "https://example.com",
  ]);
});
