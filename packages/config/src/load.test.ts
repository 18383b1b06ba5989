import { formatProblem, Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { type ConfigFiles, listEnvironments, loadConfig } from "./load.ts";

const project = "name: shop\nservices: [{name: orders, path: services/orders, command: [node, server.js]}]\n";
const folder = (files: Record<string, string>): ConfigFiles => ({
  read: async (path) => files[path.replace(".deploy/", "")] ?? null,
  list: async () => Object.keys(files),
});
const refusal = async (files: Record<string, string>, environment: string) => {
  const failure = await loadConfig(".deploy", environment, folder(files)).catch((error: unknown) => error);
  if (!(failure instanceof Refusal)) throw failure;
  return failure.problems;
};

describe("an environment is found", () => {
  const files = {
    "project.yaml": project,
    "dev-config.yaml": "# first\nenvironment: development # the usual\n",
    "qa-config.yml": "replicas: 2\n",
    "notes.md": "environment: nothing\n",
  };

  test.each([
    ["dev", "development"],
    ["development", "development"],
    ["qa", "qa"],
  ])("by `%s` (R082, R083)", async (wanted, name) => {
    const { environment, project } = await loadConfig(".deploy", wanted, folder(files));
    expect([environment.environment, project.name]).toEqual([name, "shop"]);
  });

  test("or the ones that exist are named", async () => {
    expect((await refusal(files, "developmnt")).map(formatProblem)).toEqual([
      [
        ".deploy/developmnt-config.yaml: There is no environment `developmnt` in .deploy.",
        "  Did you mean `development`? There are `dev`, `development` and `qa`; a new one is a file .deploy/developmnt-config.yaml.",
        "  reason: config.unknown-environment",
      ].join("\n"),
    ]);
  });

  test("or two files that claim the name are both named", async () => {
    const problems = await refusal(
      { ...files, "lab-config.yaml": "environment: development\n" },
      "development",
    );
    expect(problems).toMatchObject([
      { reasonCode: "config.contradiction", message: expect.stringContaining("lab-config.yaml both say") },
    ]);
  });

  test("and all are listed, also those with mistakes", async () => {
    const all = await listEnvironments(
      ".deploy",
      folder({ ...files, "bad-config.yaml": "environment: [\n" }),
    );
    expect(all.map(({ prefix, name }) => [prefix, name])).toEqual([
      ["bad", "bad"],
      ["dev", "development"],
      ["qa", "qa"],
    ]);
  });
});

describe("what is wrong is told for both files at once", () => {
  test("with a project and an environment that both have mistakes", async () => {
    const problems = await refusal(
      { "project.yaml": "name: shop\n", "dev-config.yaml": "replicas: 0\n" },
      "dev",
    );
    expect(problems.map(({ location }) => [location?.file, location?.key])).toEqual([
      [".deploy/project.yaml", "services"],
      [".deploy/dev-config.yaml", "replicas"],
    ]);
  });

  test("without any configuration", async () => {
    expect((await refusal({}, "dev")).map(({ reasonCode }) => reasonCode)).toEqual([
      "config.unreadable",
      "config.unknown-environment",
    ]);
  });

  test("with a service in the environment that the project does not have", async () => {
    const problems = await refusal(
      { "project.yaml": project, "dev-config.yaml": "services:\n  order: {replicas: 2}\n" },
      "dev",
    );
    expect(problems.map(formatProblem)).toEqual([
      [
        ".deploy/dev-config.yaml:2:10: services.order is about `order`, which is not a service of the project.",
        "  Did you mean `orders`? The services are `orders`.",
        "  reason: config.unknown-service",
      ].join("\n"),
    ]);
  });

  test("tests that nobody defined are a warning, not a silent pass (R095)", async () => {
    const { warnings } = await loadConfig(
      ".deploy",
      "dev",
      folder({ "project.yaml": project, "dev-config.yaml": "postDeploymentTests: [smoke, load]\n" }),
    );
    expect(warnings).toMatchObject([
      {
        severity: "warning",
        location: { file: ".deploy/dev-config.yaml", line: 1, key: "postDeploymentTests[1]" },
        remedy: "Add its command as `verify.tests.load` to the project.",
      },
    ]);
  });
});
