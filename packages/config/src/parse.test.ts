import { readFileSync } from "node:fs";
import { formatProblem, Refusal } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { parseEnvironmentConfig, parseProjectConfig } from "./parse.ts";

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}-config.yaml`, import.meta.url), "utf8");
const file = ".deploy/production-config.yaml";
const corrected = fixture("production")
  .replace("max: 0.1\n", "max: 0.1%\n")
  .replace("max: 500\n", "max: 500ms\n");

function refusalOf(read: () => unknown): Refusal {
  try {
    read();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
const environment = (text: string) => refusalOf(() => parseEnvironmentConfig(text, file)).problems;
const project = (text: string) => refusalOf(() => parseProjectConfig(text, ".deploy/project.yaml")).problems;

describe("the configurations of the documents", () => {
  test("development is valid word for word (R082–R091, R105)", () => {
    const { config, warnings } = parseEnvironmentConfig(fixture("dev"), ".deploy/dev-config.yaml");
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      environment: "development",
      strategy: "recreate",
      replicas: 1,
      autoDeploy: true,
      resources: { limits: { cpu: 500, memory: 512 * 1024 * 1024 } },
      healthCheck: { path: "/health", initialDelay: 10, timeout: 5, interval: 5, retries: 10 },
    });
  });

  test("staging is valid word for word (R093–R095)", () => {
    const { config, warnings } = parseEnvironmentConfig(fixture("staging"), ".deploy/staging-config.yaml");
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      environment: "staging",
      strategy: "bluegreen",
      replicas: 2,
      trafficSwitch: { testDuration: 300, rollbackOnError: true },
      postDeploymentTests: ["integration", "smoke", "load"],
    });
  });

  test("production is refused for its two bounds without a unit, both readings named (R099, R105, C11)", () => {
    expect(environment(fixture("production")).map(formatProblem)).toEqual([
      [
        `${file}:26:14: canary.analysis.metrics[0].max is 0.1, without a unit.`,
        "  It can mean 0.1 % or a ratio of 0.1 (10 %). Write `0.1%` or `10%`.",
        "  reason: config.unit-missing",
      ].join("\n"),
      [
        `${file}:28:14: canary.analysis.metrics[1].max is 500, without a unit.`,
        "  It can mean 500 milliseconds or 500 seconds. Write `500ms` or `500s`.",
        "  reason: config.unit-missing",
      ].join("\n"),
    ]);
  });

  test("production with the two units is valid (R087, R092, R096–R101)", () => {
    const { config, warnings } = parseEnvironmentConfig(corrected, file);
    expect(warnings).toEqual([]);
    expect(config.canary.steps).toEqual([
      { weight: 5, pause: 600 },
      { weight: 25, pause: 600 },
      { weight: 50, pause: 900 },
      { weight: 100, pause: 0 },
    ]);
    expect(config.canary.analysis).toMatchObject({ interval: 60, threshold: 5 });
    expect(config.canary.analysis.metrics.map(({ text }) => text)).toEqual([
      "error_rate > 0.1%",
      "latency_p99 > 500ms",
    ]);
    expect(config.healthCheck.failureThreshold).toBe(3);
    expect(config.resources?.requests).toEqual({ cpu: 1000, memory: 1024 ** 3 });
    expect(config.autoRollback).toEqual({
      enabled: true,
      conditions: [
        { text: "error_rate > 1%", metric: "error_rate", comparison: ">", value: 1, unit: "percent" },
        {
          text: "latency_p99 > 1000ms",
          metric: "latency",
          percentile: 99,
          comparison: ">",
          value: 1000,
          unit: "milliseconds",
        },
        {
          text: "availability < 99.9%",
          metric: "availability",
          comparison: "<",
          value: 99.9,
          unit: "percent",
        },
      ],
    });
  });

  test("multi-region is valid word for word and named by its file (R102–R104, R411–R414)", () => {
    const { config, warnings } = parseEnvironmentConfig(
      fixture("multi-region"),
      ".deploy/multi-region-config.yaml",
    );
    expect(warnings).toEqual([]);
    expect(config.environment).toBe("multi-region");
    expect(config.regions?.map(({ role, weight, waitTime }) => [role, weight, waitTime])).toEqual([
      ["canary", 10, 1800],
      ["secondary", 25, 900],
      ["secondary", 25, 900],
      ["primary", 40, 1200],
    ]);
    expect(config.failurePolicy).toEqual({ stopOnRegionFailure: true, rollbackFailedRegion: true });
  });
});

describe("a mistake in an environment", () => {
  test.each([
    [
      "an unknown key names the nearest one",
      "canary:\n  analysis:\n    treshold: 5",
      "3:5: canary.analysis.treshold is not a known key.",
      /Did you mean `threshold`\? Known here: interval, threshold/,
      "config.unknown-key",
    ],
    [
      "a value that is not in the list names the list",
      "strategy: blue-green",
      "1:11: strategy is `blue-green`.",
      /Did you mean `bluegreen`\? Use `recreate`, `rolling`, `bluegreen` or `canary`\./,
      "config.not-allowed",
    ],
    [
      "text instead of a number",
      "replicas: three",
      "1:11: replicas is `three`.",
      /^Write a whole number, for example `1`\.$/,
      "config.wrong-type",
    ],
    ["a number below the least", "replicas: 0", "1:11: replicas is 0.", /at least 1/, "config.not-allowed"],
    [
      "a duration without a unit",
      "healthCheck:\n  timeout: 5",
      "2:12: healthCheck.timeout is 5, without a unit.",
      /5 seconds or 5 minutes\. Write `5s` or `5m`\./,
      "config.unit-missing",
    ],
    [
      "a duration with the unit of memory",
      "healthCheck: {timeout: 5Mi}",
      "1:24: healthCheck.timeout is `5Mi`.",
      /Write a duration such as `500ms`/,
      "config.unit-wrong",
    ],
    [
      "CPU without a unit",
      "resources: {limits: {cpu: 2}}",
      "1:27: resources.limits.cpu is 2, without a unit.",
      /2 cores or 2 millicores\. Write `2000m` or `2m`\./,
      "config.unit-missing",
    ],
    [
      "memory without a unit",
      "resources: {limits: {memory: 512}}",
      "1:30: resources.limits.memory is 512, without a unit.",
      /512 bytes or 512 mebibytes/,
      "config.unit-missing",
    ],
    [
      "memory in thousandths of a byte",
      "resources: {limits: {memory: 512m}}",
      "1:30: resources.limits.memory is `512m`.",
      /`512Mi`/,
      "config.unit-wrong",
    ],
    [
      "a weight that could be a ratio",
      "canary: {steps: [{weight: 0.05}, {weight: 100}]}",
      "1:27: canary.steps[0].weight is 0.05, without a unit.",
      /0\.05 % or a ratio of 0\.05 \(5 %\)/,
      "config.unit-missing",
    ],
    [
      "a step without weight",
      "canary: {steps: [{pause: 1m}]}",
      "1:18: canary.steps[0].weight is missing.",
      /Write a percentage such as `25`/,
      "config.missing-key",
    ],
    [
      "a condition that is no condition",
      "autoRollback: {conditions: [error_rate is high]}",
      "1:29: autoRollback.conditions[0] is `error_rate is high`, which is not a condition.",
      /error_rate > 1%/,
      "config.not-allowed",
    ],
    [
      "a condition that holds while all is well",
      "autoRollback: {conditions: [availability > 99.9%]}",
      "1:29: autoRollback.conditions[0] is `availability > …`, which is true while everything is well.",
      /availability < …/,
      "config.not-allowed",
    ],
    [
      "a condition without a unit (R101, C11)",
      "autoRollback: {conditions: [latency_p99 > 1000]}",
      "1:29: autoRollback.conditions[0] is 1000, without a unit.",
      /1000 milliseconds or 1000 seconds/,
      "config.unit-missing",
    ],
    [
      "a bound on the wrong side",
      "canary: {analysis: {metrics: [{name: availability, max: 99%}]}}",
      "1:57: canary.analysis.metrics[0].max is a bound that `availability` cannot have.",
      /`min:`/,
      "config.not-allowed",
    ],
    [
      "a metric that does not exist",
      "canary: {analysis: {metrics: [{name: error_ratio, max: 1%}]}}",
      "1:38: canary.analysis.metrics[0].name is `error_ratio`.",
      /`latency_p99`/,
      "config.not-allowed",
    ],
    [
      "weights that do not rise",
      "strategy: canary\ncanary: {steps: [{weight: 25}, {weight: 5}, {weight: 100}]}",
      "2:41: canary.steps[1].weight is 5 %, not more than the 25 % before it.",
      /rise/,
      "config.not-allowed",
    ],
    [
      "a canary that never ends",
      "strategy: canary\ncanary: {steps: [{weight: 25}]}",
      "2:27: canary.steps[0].weight is 25 %, and it is the last.",
      /weight: 100/,
      "config.not-allowed",
    ],
    [
      "weights of regions that do not sum to 100 % (R413)",
      "regions: [{name: a, role: primary, weight: 40%, waitTime: 1m}]",
      "1:10: regions have weights that sum to 40 %.",
      /100 %/,
      "config.not-allowed",
    ],
    [
      "the primary region before others (R412)",
      "regions: [{name: a, role: primary, weight: 40%, waitTime: 1m}, {name: b, role: secondary, weight: 60%, waitTime: 1m}]",
      "1:27: regions[0].role is `primary`, but regions after it get the release later.",
      /last/,
      "config.not-allowed",
    ],
    [
      "more promised than allowed",
      "resources: {limits: {memory: 1Gi}, requests: {memory: 2Gi}}",
      "1:55: resources.requests.memory is more than the limit.",
      /limits\.memory/,
      "config.contradiction",
    ],
    [
      "a variable with an impossible name",
      "services: {orders: {environment: {1ST: x}}}",
      "1:35: services.orders.environment.1ST has a name that is not allowed here.",
      /letters, digits/,
      "config.not-allowed",
    ],
    ["a list instead of keys", "- a\n- b", "1:1: The file is a list.", /a map of keys/, "config.wrong-type"],
  ])("%s", (_what, text, sentence, remedy, reasonCode) => {
    const problems = environment(text);
    expect(problems).toHaveLength(1);
    expect(formatProblem(problems[0]!).split("\n")[0]).toBe(`${file}:${sentence}`);
    expect(problems[0]!.remedy).toMatch(remedy);
    expect(problems[0]!.reasonCode).toBe(reasonCode);
  });

  test("all mistakes of a file are told at once, in the order of its lines", () => {
    const problems = environment(
      "replicas: many\nstrategy: big-bang\nhealthCheck:\n  path: health\nfoo: 1\nbar: 2\n",
    );
    expect(problems.map(({ location }) => [location?.line, location?.key])).toEqual([
      [1, "replicas"],
      [2, "strategy"],
      [4, "healthCheck.path"],
      [5, "foo"],
      [6, "bar"],
    ]);
  });

  test("keys that have no effect are warnings with their line", () => {
    const { warnings } = parseEnvironmentConfig(
      "strategy: canary\ntrafficSwitch:\n  testDuration: 1m\n",
      file,
    );
    expect(warnings).toMatchObject([
      {
        severity: "warning",
        reasonCode: "config.no-effect",
        location: { file, line: 3, key: "trafficSwitch" },
      },
    ]);
  });
});

describe("YAML", () => {
  test("a syntax error has its line", () => {
    expect(environment("replicas: 1\nstrategy: [a\n")).toMatchObject([
      { reasonCode: "config.not-yaml", location: { file, line: 3 } },
    ]);
  });

  test("a key that is there twice is refused", () => {
    expect(environment("replicas: 1\nreplicas: 2\n")).toMatchObject([
      {
        reasonCode: "config.not-yaml",
        message: "The key `replicas` is there twice.",
        location: { line: 2, column: 1 },
      },
    ]);
  });

  test("anchors, aliases and merge keys work, and errors in them have the line of the anchor", () => {
    const text = (timeout: string) =>
      `services:\n  a:\n    healthCheck: &check\n      timeout: ${timeout}\n  b:\n    healthCheck: *check\n  c:\n    healthCheck:\n      <<: *check\n      path: /up\n`;
    const { config } = parseEnvironmentConfig(text("2s"), file);
    expect(config.services).toEqual({
      a: { healthCheck: { timeout: 2 } },
      b: { healthCheck: { timeout: 2 } },
      c: { healthCheck: { timeout: 2, path: "/up" } },
    });
    expect(environment(text("2")).map(({ location }) => [location?.line, location?.key])).toEqual([
      [4, "services.a.healthCheck.timeout"],
      [4, "services.b.healthCheck.timeout"],
      [4, "services.c.healthCheck.timeout"],
    ]);
  });

  test("aliases that unfold to very much are refused", () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`)}]`);
    expect(environment(`l0: &l0 [x]\n${levels.join("\n")}\n`)).toMatchObject([
      { reasonCode: "config.not-yaml", message: expect.stringContaining("aliases") },
    ]);
  });

  test.each([
    ["an anchor inside itself", "services: &a\n  x: *a\n"],
    ["an alias without anchor", "services: *nothing\n"],
    ["two documents", "replicas: 1\n---\nreplicas: 2\n"],
    ["thousands of brackets", "[".repeat(200_000)],
    ["a tag that is not known", "strategy: !new canary\n"],
    ["control characters", "replicas: 1\u0000\n\t- x"],
  ])("%s is refused as such", (_what, text) => {
    expect(environment(text)[0]).toMatchObject({ reasonCode: "config.not-yaml" });
  });

  test("an empty file is an environment with all defaults", () => {
    expect(parseEnvironmentConfig("# nothing yet\n", ".deploy/qa-config.yaml").config).toMatchObject({
      environment: "qa",
      strategy: "rolling",
      replicas: 1,
      healthCheck: { retries: 10, interval: 5, timeout: 5 },
      limits: { jobTimeout: 21_600 },
    });
  });

  test("keys that belong to every object are still unknown", () => {
    expect(
      environment("__proto__: {replicas: 3}\nconstructor: 1\n").map(({ location }) => location?.key),
    ).toEqual(["__proto__", "constructor"]);
  });
});

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
      /Write text/,
    ],
  ])("%s", (_what, text, sentence, remedy) => {
    const problems = project(text);
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
