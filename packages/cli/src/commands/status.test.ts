import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, smallProject } from "../testing/repository.ts";
import { sluice } from "../testing/terminal.ts";

describe("sluice status of an environment in which nothing was deployed", () => {
  const status = async (...args: string[]) => {
    const directory = folderWith(smallProject);
    return sluice("status", "-e", "dev", "-C", directory, "--state-dir", join(directory, "state"), ...args);
  };

  test("says so in words", async () => {
    const { stdout, exitCode } = await status();
    expect(stdout).toBe("Environment development\n  lock      free\n  Nothing was deployed here yet.\n");
    expect(exitCode).toBe(0);
  });

  test("says so as JSON", async () => {
    const { stdout } = await status("--json");
    expect(JSON.parse(stdout)).toEqual({
      environment: "development",
      services: [],
      rollouts: [],
      lock: null,
      lastRun: null,
    });
  });
});
