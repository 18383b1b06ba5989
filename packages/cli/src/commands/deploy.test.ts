import { join } from "node:path";
import type { Result } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { folderWith } from "../testing/repository.ts";
import { sluice } from "../testing/terminal.ts";

const project = {
  ".deploy/project.yaml":
    "name: shop\nservices:\n  - {name: orders, path: orders, command: [node, s.js]}\n  - {name: web, path: web, command: [node, s.js]}\n",
  ".deploy/production-config.yaml": "environment: production\ntarget: local\nstrategy: rolling\n",
};

/** The plan of `sluice deploy … --dry-run`, which changes nothing. */
async function planOf(...args: string[]) {
  const directory = folderWith(project);
  const { stdout, exitCode } = await sluice(
    ...["deploy", ...args, "--dry-run", "--json", "-C", directory, "--state-dir", join(directory, "state")],
  );
  expect(exitCode, stdout).toBe(0);
  const { details } = JSON.parse(stdout) as Result;
  if (details?.stage !== "plan") throw new Error(stdout);
  const { environment, release, services } = details.plan;
  return { environment, version: release.version, services: services.map((s) => `${s.name} ${s.strategy}`) };
}

describe("sluice deploy", () => {
  test("takes service, version, environment and strategy in that order (R106)", async () => {
    expect(await planOf("orders", "2.1.0", "production", "canary")).toEqual({
      environment: "production",
      version: "2.1.0",
      services: ["orders canary"],
    });
  });

  test("uses the configured strategy when none is named (R106)", async () => {
    expect((await planOf("web", "2.1.0", "production")).services).toEqual(["web rolling"]);
  });

  test("takes the same as options, and all services when none is named", async () => {
    expect(await planOf("-e", "production", "--version", "2.1.0", "--strategy", "bluegreen")).toEqual({
      environment: "production",
      version: "2.1.0",
      services: ["orders bluegreen", "web bluegreen"],
    });
  });

  test("has `auto` go by the labels of the change (C23)", async () => {
    const auto = ["web", "2.1.0", "production", "auto"];
    expect((await planOf(...auto)).services).toEqual(["web rolling"]);
    expect((await planOf(...auto, "--labels", "bug,change:major")).services).toEqual(["web bluegreen"]);
  });

  test("refuses a service that the project does not have, with the nearest", async () => {
    const directory = folderWith(project);
    const said = await sluice(
      ...["deploy", "odrers", "1.0.0", "production", "--dry-run", "-C", directory, "--state-dir", directory],
    );
    expect(said.exitCode).toBe(2);
    expect(said.stdout).toContain("Did you mean `orders`?");
  });
});
