import { describe, expect, test } from "vitest";
import { folderWith } from "../testing/repository.ts";
import { sluice } from "../testing/terminal.ts";

const project = () =>
  folderWith({
    ".deploy/project.yaml":
      "name: shop\nservices:\n  - { name: orders, path: services/orders, command: [node, server.js] }\n",
    ".deploy/production-config.yaml": "environment: production\nstrategy: canary\nreplicas: 2\n",
  });

describe("sluice plan", () => {
  test("answers with the plan: what it does, in order, and its hash", async () => {
    const { stdout, exitCode } = await plan();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/will deploy shop 2\.1\.0/);
    expect(stdout.indexOf("Build")).toBeLessThan(stdout.indexOf("Deploy"));
    expect(stdout).toMatch(/^Hash: sha256:[0-9a-f]{64}$/m);
    expect(stdout).not.toMatch(/^\[\d{4}-/m);
  });

  test("answers with the document alone when that is asked for", async () => {
    const { stdout } = await plan("--json");
    expect(JSON.parse(stdout)).toMatchObject({ stage: "plan", status: "succeeded" });
  });

  test("says what changes against what runs now (--diff)", async () => {
    const { stdout } = await plan("--diff");
    expect(stdout).toMatch(/^\+ orders {2}2\.1\.0$/m);
  });
});

const plan = async (...more: string[]) => {
  const directory = await project();
  const state = await folderWith({});
  return sluice(
    "plan",
    "-C",
    directory,
    "-e",
    "production",
    "--version",
    "2.1.0",
    "--state-dir",
    state,
    ...more,
  );
};
