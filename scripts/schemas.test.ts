import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("the published schemas are those of the code", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/schemas.ts", "--check"], {
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
