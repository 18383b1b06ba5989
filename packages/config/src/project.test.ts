import { formatProblem } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { parseProjectConfig } from "./parse.ts";
import { projectProblems } from "./testing/refusals.ts";

describe("a mistake in a project", () => {
  const service = (rest: string) => `{path: a, command: [x], ${rest}}`;
  test.each([
    ["no services", "name: shop\nservices: []", "2:11: services is a list.", /at least 1 entry/],
    [
      "no name",
      `services: [${service("name: a")}]`,
      "1:1: name is missing.",
      /Write text, for example `shop`/,
    ],
    [
      "a name with capitals",
      `name: Shop\nservices: [${service("name: a")}]`,
      "1:7: name is `Shop`.",
      /lower-case letters, digits and hyphens/,
    ],
    [
      "a path that leaves the repository",
      "name: shop\nservices: [{name: a, path: ../x, command: [y]}]",
      "2:28: services[0].path is `../x`.",
      /inside/,
    ],
    [
      "the same service twice",
      `name: shop\nservices:\n- ${service("name: a")}\n- ${service("name: a")}`,
      "4:33: services[1].name is `a` a second time.",
      /once/,
    ],
    [
      "the same port twice",
      `name: shop\nservices:\n- ${service("name: a, port: 80")}\n- ${service("name: b, port: 80")}`,
      "4:42: services[1].port is 80, which another service has.",
      /own/,
    ],
    [
      "a dependency that does not exist",
      `name: shop\nservices:\n- ${service("name: catalog")}\n- ${service("name: b, dependsOn: [catalogue]")}`,
      "4:48: services[1].dependsOn[0] is about `catalogue`, which is not a service of the project.",
      /Did you mean `catalog`\? The services are `catalog` and `b`\./,
    ],
    [
      "a circle of dependencies",
      `name: shop\nservices:\n- ${service("name: a, dependsOn: [b]")}\n- ${service("name: b, dependsOn: [a]")}`,
      "3:47: services[0].dependsOn goes in a circle: a → b → a.",
      /Remove one/,
    ],
    [
      "a core service that needs the user interface (R224)",
      `name: shop\nservices:\n- ${service("name: a, dependsOn: [b]")}\n- ${service("name: b, tier: ui")}`,
      "3:48: services[0].dependsOn[0] is `b` of tier ui, which is deployed after tier core.",
      /Move/,
    ],
    [
      "a secret in plain text (R109)",
      `name: shop\nservices:\n- ${service("name: a, secrets: [TOKEN], environment: {TOKEN: abc}")}`,
      "3:46: services[0].secrets[0] is `TOKEN`, whose value stands in `environment` for everybody to read.",
      /Remove it/,
    ],
    [
      "a smoke check of nobody",
      `name: shop\nservices: [${service("name: a")}]\nverify: {smoke: [{name: x, service: z, path: /}]}`,
      "3:37: verify.smoke[0].service is about `z`, which is not a service of the project.",
      /`a`/,
    ],
    [
      "a tag with an unknown field (R151–R154)",
      `name: shop\nservices: [${service("name: a")}]\ntags: {dev: ["{service}:{branch}"]}`,
      "3:14: tags.dev[0] is `{service}:{branch}`.",
      /\{short-sha\}/,
    ],
    [
      "a branch preset that does not exist (C02)",
      `name: shop\nservices: [${service("name: a")}]\nbranches: trunk`,
      "3:11: branches is `trunk`.",
      /`development-first` or `staging-first` or a map of keys/,
    ],
    [
      "a branch without environment",
      `name: shop\nservices: [${service("name: a")}]\nbranches: {main: 5}`,
      "3:18: branches.main is 5.",
      /in quotes: `"5"`/,
    ],
  ])("%s", (_what, text, sentence, remedy) => {
    const problems = projectProblems(text);
    expect(problems.map((problem) => formatProblem(problem).split("\n")[0])).toEqual([
      `.deploy/project.yaml:${sentence}`,
    ]);
    expect(problems[0]!.remedy).toMatch(remedy);
  });

  test("defaults: coverage 80 %, backup, scans, OSV online, threshold high (R031, R125, R137, R167)", () => {
    const { config } = parseProjectConfig(
      "name: shop\nservices: [{name: a, path: services/a, command: [node, a.js], build: {coverage: {}}}]\ndatabase: {}\n",
      ".deploy/project.yaml",
    );
    expect(config.services[0]?.build.coverage).toEqual({ report: "coverage/lcov.info", threshold: 80 });
    expect(config.database).toMatchObject({ urlVariable: "DATABASE_URL", backup: true, lockTimeout: 5 });
    expect(config.scan).toEqual({
      secrets: true,
      sbom: true,
      dependencies: { enabled: true, source: "online", threshold: "high" },
    });
  });
});
