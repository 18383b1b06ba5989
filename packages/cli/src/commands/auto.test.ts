import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Result } from "@sluice/documents";
import { expect, onTestFinished, test, vi } from "vitest";
import { repositoryWith, smallProject } from "../testing/repository.ts";
import { sluice } from "../testing/terminal.ts";

test("-e auto is the environment of the branch; only what checks goes on where there is none (R018, R019)", async () => {
  // The tests may run in a job, whose branch is not the one that is meant.
  vi.stubEnv("GITHUB_ACTIONS", "false");
  onTestFinished(() => void vi.unstubAllEnvs());
  const project = `${smallProject[".deploy/project.yaml"]}branches: { main: development }\n`;
  const directory = repositoryWith({ ...smallProject, ".deploy/project.yaml": project });
  const run = (command: string) =>
    sluice(
      ...[command, "-e", "auto", "--version", "1.0.0", "--json"],
      ...["-C", directory, "--state-dir", join(directory, "state")],
    );
  const planned = await run("plan");
  expect([planned.exitCode, (JSON.parse(planned.stdout) as Result).environment]).toEqual([0, "development"]);
  execFileSync("git", ["-C", directory, "switch", "--quiet", "--create", "feature/tea"]);
  expect((await run("plan")).exitCode).toBe(0);
  const deployed = await run("deploy");
  expect(deployed.exitCode).toBe(2);
  expect(`${deployed.stdout}${deployed.stderr}`).toMatch(/the branch feature\/tea has none/);
});
