import { expect, test } from "vitest";
import { parse } from "yaml";
import { filesBelow, read } from "./repository.ts";
import { loadWorkflows } from "./workflow-model.ts";

const version = (await read(".node-version")).trim();

test("the suite is tested by the Node that actions run on", () => {
  expect(process.versions.node.split(".")[0]).toBe(version);
});

test("every action runs on it", async () => {
  const manifests = await filesBelow(".", (path) => /^(actions\/[^/]+\/)?action\.ya?ml$/.test(path));
  expect(manifests.length).toBeGreaterThan(9);
  for (const path of manifests) {
    const { runs } = parse(await read(path)) as { runs: { using: string } };
    expect(runs.using, path).toBe(`node${version}`);
  }
});

test("npm scripts and the build use it, whatever Node is installed", async () => {
  const manifest = JSON.parse(await read("package.json")) as { devDependencies: Record<string, string> };
  expect(manifest.devDependencies.node).toMatch(new RegExp(`^\\^${version}\\.`));
  expect(manifest.devDependencies["@types/node"]).toMatch(new RegExp(`^\\^${version}\\.`));
  expect(await read("scripts/build.ts")).toContain(`target: "node${version}"`);
});

test("workflows of this repository set up no other one, but for the machine that npm starts on", async () => {
  const workflows = (await loadWorkflows()).filter(({ path }) => path.startsWith(".github/"));
  const named = workflows.flatMap(({ path, scalars }) =>
    scalars
      .filter(({ keys, value }) => keys.at(-1) === "node-version" && /^\d/.test(String(value)))
      .map(({ value }) => `${path} ${value}`),
  );
  expect(named.length).toBeGreaterThan(0);
  for (const each of named) expect(each).toMatch(new RegExp(` ${version}$`));
});
