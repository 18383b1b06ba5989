import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { readRelease, releaseFile } from "../release.ts";
import { testProject } from "../testing/project.ts";
import { type BuildRequest, buildStage } from "./build.ts";

const environment = (name: string) => `environment: ${name}\ntarget: local\nstrategy: recreate\n`;
const project = testProject(
  {
    ".deploy/project.yaml": `name: shop
services:
  - { name: orders, path: orders, command: [node, service.mjs] }
  - { name: all, path: ., command: [node, service.mjs] }
  - { name: web, path: web, tier: ui, dependsOn: [orders], command: [node, service.mjs] }
`,
    ".deploy/dev-config.yaml": environment("development"),
    ".deploy/staging-config.yaml": environment("staging"),
    ".deploy/production-config.yaml": environment("production"),
    ".gitignore": "out/\n",
  },
  ["orders", "web"],
);
afterAll(() => project.remove());
project.git("init", "--quiet");
project.git("add", ".");
project.git("commit", "--quiet", "--message=first");
const sha = project.git("rev-parse", "HEAD");

async function build(name: string, request: BuildRequest): Promise<{ context: Context; tags: string[] }> {
  const context = await project.open(name);
  const { status, details, summary } = await buildStage(context, request);
  expect(status, summary).toBe("succeeded");
  if (details?.stage !== "build") throw new Error("no build");
  return { context, tags: details.services.flatMap(({ artifact }) => artifact?.tags ?? []) };
}

test.each([
  ["development (R151)", "dev", {}, `dev-${sha.slice(0, 7)}`],
  ["staging (R152)", "staging", {}, "staging-2.1.0"],
  ["a hotfix, wherever it goes (R153, R432)", "production", { issueId: "SHOP-17" }, "hotfix-SHOP-17"],
  ["production: the version (R154)", "production", {}, "2.1.0"],
])("what is built for %s is tagged so", async (_, name, request, tag) => {
  const { tags } = await build(name, { version: "2.1.0", ...request });
  expect(tags).toEqual([`orders:${tag}`, `all:${tag}`, `web:${tag}`]);
});

test("the release document names version, commit and artifacts, and can be moved with its folder", async () => {
  const { context } = await build("production", { version: "2.1.0", services: ["web"] });
  expect(readFileSync(releaseFile(context), "utf8")).toContain('"reference":"artifacts/');
  const release = await readRelease(context, undefined, "2.1.0");
  expect(release).toMatchObject({ version: "2.1.0", commit: sha, services: [{ name: "web" }] });
  expect(release.services[0]!.artifact.reference.startsWith(context.out)).toBe(true);
});

test("what a run writes into the project is no part of a service at its root: the same sources, the same digest", async () => {
  const digest = async () => {
    const { context } = await build("production", { version: "2.1.0", services: ["all"] });
    return (await readRelease(context, undefined, undefined)).services[0]!.artifact.digest;
  };
  expect(await digest()).toBe(await digest());
});

test("a service that does not exist is a failed result with the nearest name, and nothing is built", async () => {
  const result = await buildStage(await project.open("dev"), { version: "1.0.0", services: ["wbe"] });
  expect(result).toMatchObject({ status: "failed", reasonCode: "config.unknown-service", details: null });
  expect(result.problems[0]?.remedy).toContain("Did you mean `web`?");
});
