import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { programPath } from "./programs.ts";
import { identifyRun } from "./run-identity.ts";
import { stateRoot } from "./state-root.ts";

describe("the folder that outlives runs", () => {
  const root = (variables: NodeJS.ProcessEnv, stateDirectory = "") =>
    stateRoot({ stateDirectory, variables, directory: "/srv/shop" }, "shop");

  test.each([
    ["the named one, from the project on", {}, "../state", "/srv/state"],
    ["the named one before SLUICE_STATE_DIR", { SLUICE_STATE_DIR: "/b" }, "/a", "/a"],
    ["SLUICE_STATE_DIR before XDG_STATE_HOME", { SLUICE_STATE_DIR: "/b", XDG_STATE_HOME: "/c" }, "", "/b"],
    ["XDG_STATE_HOME with the project", { XDG_STATE_HOME: "/c" }, "", "/c/sluice/shop"],
    ["the usual place otherwise", {}, "", join(homedir(), ".local/state/sluice/shop")],
  ])("is %s", (_, variables, named, expected) => {
    expect(root(variables, named)).toBe(expected);
  });
});

describe("a run", () => {
  const now = Date.parse("2026-03-04T05:06:07.890Z");

  test("on a laptop is named after its time and its process", () => {
    expect(identifyRun({ USER: "anna" }, now)).toMatchObject({
      run: `20260304T050607Z-${process.pid}`,
      actor: "anna",
      owner: expect.stringContaining(`process ${process.pid}`),
    });
  });

  test("of GitHub is the same for all steps of a job, and its owner is an address", () => {
    const job = {
      GITHUB_ACTIONS: "true",
      GITHUB_RUN_ID: "42",
      GITHUB_RUN_ATTEMPT: "2",
      GITHUB_REPOSITORY: "shop/shop",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_ACTOR: "anna",
    };
    const { run, owner, actor } = identifyRun(job, now);
    expect(identifyRun(job, now + 1).run).toBe(run);
    expect(run).toBe("github-42-2");
    expect(owner).toMatch(/^https:\/\/github\.com\/shop\/shop\/actions\/runs\/42, .*process \d+/);
    expect(actor).toBe("anna");
  });
});

test("another program is the neighbour of a bundle, and a source beside sources", () => {
  const sources = join(import.meta.dirname, "../../cli/src/main.ts");
  expect(programPath("local-host", sources)).toBe(join(import.meta.dirname, "../../local/src/host/main.ts"));
  expect(() => programPath("local-host", "/nowhere/dist/cli/index.js")).toThrow("ENOENT");
});
