import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, expect, test } from "vitest";
import { takeLock } from "./lock.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the lock is held until it is released, also when nobody remembers it", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const file = join(folder, "forgotten");
  expect(await takeLock(file)).not.toBeNull();
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await sleep(10);
  }
  expect(await takeLock(file)).toBeNull();
});

test("a released lock can be taken again", async () => {
  const file = join(folder, "released");
  (await takeLock(file))!.release();
  const again = await takeLock(file);
  expect(again).not.toBeNull();
  again!.release();
});
