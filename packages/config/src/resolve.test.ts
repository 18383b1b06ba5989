import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { environmentOfBranch, firstEnvironment, isDeployedBy } from "./branches.ts";
import { dependencyCycle, deploymentOrder, tiers } from "./order.ts";
import { parseEnvironmentConfig, parseProjectConfig } from "./parse.ts";
import { canaryPresets } from "./presets.ts";
import { resolve } from "./resolve.ts";
import { tagsOf } from "./tags.ts";

const project = (services: string, rest = "") =>
  parseProjectConfig(`name: shop\nservices:\n${services}\n${rest}`, ".deploy/project.yaml").config;
const environment = (text: string) => parseEnvironmentConfig(text, ".deploy/dev-config.yaml").config;

describe("the settings of a service", () => {
  const shop = project(
    "- {name: orders, path: o, command: [o], port: 80, environment: {A: '1', B: '1'}, healthCheck: {path: /up, timeout: 2s}}",
  );

  test("come from the default, the environment, the service and the service in the environment (R107, R217, R358)", () => {
    const [orders] = resolve(
      shop,
      environment(`
replicas: 2
strategy: canary
healthCheck: {initialDelay: 10s, timeout: 9s}
resources: {limits: {cpu: 500m, memory: 512Mi}}
canary: {preset: brief, analysis: {interval: 30s, alpha: 2%}}
services:
  orders:
    replicas: 3
    port: 81
    environment: {B: '2'}
    resources: {limits: {memory: 1Gi}}
    healthCheck: {path: /ready}
    canary: {analysis: {interval: 5s}}
`),
    );
    expect(orders).toMatchObject({
      replicas: 3,
      strategy: "canary",
      port: 81,
      environment: { A: "1", B: "2" },
      resources: { limits: { cpuMillicores: 500, memoryBytes: 1024 ** 3 }, requests: {} },
      healthCheck: {
        path: "/ready",
        initialDelaySeconds: 10,
        timeoutSeconds: 2,
        intervalSeconds: 5,
        retries: 10,
        startTimeoutSeconds: 10 + 10 * 2 + 9 * 5,
      },
      canary: {
        analysis: { intervalSeconds: 5, alpha: 0.02, beta: 0.05, toleratedRatio: 1.25, harmfulRatio: 2 },
      },
    });
    expect(orders?.canary.steps.map(({ weightPercent }) => weightPercent)).toEqual([10, 50, 100]);
  });

  test("health: 10 attempts, 5 s apart, 5 s each where nothing is said (R316)", () => {
    const [plain] = resolve(project("- {name: a, path: a, command: [a]}"), environment(""));
    expect(plain?.healthCheck).toMatchObject({
      retries: 10,
      intervalSeconds: 5,
      timeoutSeconds: 5,
      path: "/health",
    });
    expect(plain?.strategy).toBe("rolling");
  });

  test("a service has conditions, alerts and metrics of its own (R276, R277, R278, R286, R347, R358)", () => {
    const settings = resolve(
      shop,
      environment(`
autoRollback: {conditions: [error_rate > 1%, "latency_p99 > 1s"]}
canary:
  analysis:
    alerts: {url: "http://prometheus:9090", conditions: [error_rate > 5%, latency_p95 > 2x, cpu > 90%, memory > 90%]}
    metrics:
      - {name: error_rate, max: 0.1%}
      - {name: checkout_failed, events: 'checkouts_total{result="failed"}', total: checkouts_total, tolerance: 10%, max: 2x}
services:
  orders: {canary: {analysis: {conditions: [error_rate > 0.5%, latency_p99 > 2x]}}}
`),
    )[0]!.canary.analysis;
    expect(settings.guards.map(({ text }) => text)).toEqual([
      "error_rate > 0.5%",
      "latency_p99 > 2x",
      "latency_p99 > 1000ms",
      "availability < 99%",
    ]);
    expect(settings.guards[1]).toMatchObject({
      metric: "latency",
      percentile: 99,
      value: 2,
      isRelative: true,
    });
    expect(settings.pages.map(({ text }) => text)).toEqual([
      "error_rate > 5%",
      "latency_p95 > 2x",
      "cpu > 90%",
      "memory > 90%",
    ]);
    expect(settings.alerts).toEqual({ url: "http://prometheus:9090", severity: "critical" });
    expect(settings.gates.map(({ text }) => text)).toEqual(["error_rate > 0.1%", "checkout_failed > 2x"]);
    expect(settings.metrics).toMatchObject([
      {
        name: "checkout_failed",
        events: 'checkouts_total{result="failed"}',
        total: "checkouts_total",
        worse: "higher",
        tolerance: 10,
        noData: "hold",
      },
    ]);
  });

  test("own conditions take the place of the default for their metric (R100, C09)", () => {
    const guards = (text: string) =>
      resolve(shop, environment(text))[0]?.canary.analysis.guards.map(({ text }) => text);
    expect(guards("")).toEqual(["error_rate > 5%", "availability < 99%"]);
    expect(guards("autoRollback: {conditions: [error_rate > 1%, latency_p95 > 1s]}")).toEqual([
      "error_rate > 1%",
      "latency_p95 > 1000ms",
      "availability < 99%",
    ]);
  });

  test("the four usual canaries have names, the one with pauses is the default (C01, R241–R244)", () => {
    const weights = Object.values(canaryPresets).map((steps) => steps.map(({ weight }) => weight));
    expect(weights).toEqual([
      [5, 25, 50, 100],
      [10, 50, 100],
      [10, 25, 50, 100],
      [10, 25, 50, 75, 100],
    ]);
    const [orders] = resolve(shop, environment("strategy: canary"));
    expect(orders?.canary.steps.map(({ pauseSeconds }) => pauseSeconds)).toEqual([600, 600, 900, 0]);
  });

  test("steps have replicas and traffic apart, and pauses with or without an end (C01, C14, R239, R240)", () => {
    const [orders] = resolve(
      shop,
      environment(`
strategy: canary
replicas: 25
canary:
  steps:
    - {weight: 5%, replicas: 10%, pause: 10m}
    - {weight: 25%, replicas: 12, pause: manual}
    - {weight: 100}
`),
    );
    expect(orders?.canary.steps).toEqual([
      { weightPercent: 5, pauseSeconds: 600, replicas: 3 },
      { weightPercent: 25, pauseSeconds: 0, isManual: true, replicas: 12 },
      { weightPercent: 100, pauseSeconds: 0 },
    ]);
  });

  test("what happens to requests beside the weights is of the environment, or of the service in it", () => {
    const text = `
strategy: canary
rollbackWindow: 24h
canary: {testers: {header: X-Canary, value: 'yes'}, darkLaunch: 10m, mirror: 5%, sticky: true}
services: {orders: {canary: {testers: {cookie: group}, darkLaunch: manual, sticky: false}}}
`;
    const [orders] = resolve(shop, environment(text));
    const [other] = resolve(project("- {name: a, path: a, command: [a]}"), environment(text));
    expect(other?.canary).toMatchObject({
      darkLaunch: { pauseSeconds: 600 },
      routing: { testers: { header: "X-Canary", value: "yes" }, mirrorPercent: 5, isSticky: true },
    });
    expect(orders?.canary.darkLaunch).toEqual({ pauseSeconds: 0, isManual: true });
    expect(orders?.canary.routing).toEqual({ testers: { cookie: "group" }, mirrorPercent: 5 });
    expect([orders?.canary.isShared, other?.canary.isShared]).toEqual([undefined, undefined]);
    const shared = "canary: {shared: true}\nservices: {orders: {canary: {shared: false}}}\n";
    expect(resolve(shop, environment(shared))[0]?.canary.isShared).toBeUndefined();
    expect(
      resolve(project("- {name: a, path: a, command: [a]}"), environment(shared))[0]?.canary.isShared,
    ).toBe(true);
    expect(environment(text).rollbackWindow).toEqual({ seconds: 86_400 });
    expect(environment("rollbackWindow: 3").rollbackWindow).toEqual({ revisions: 3 });
  });
});

describe("the order of deployment (R224)", () => {
  const servicesIn = fc
    .array(fc.record({ tier: fc.constantFrom(...tiers), wants: fc.array(fc.nat(), { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 9,
    })
    .map((drafts) =>
      drafts.map(({ tier, wants }, index) => ({
        name: `s${index}`,
        tier,
        // Only earlier ones of the same or an earlier tier: what a valid project can have.
        dependsOn: wants
          .map((want) => want % drafts.length)
          .filter((other) => other < index && tiers.indexOf(drafts[other]!.tier) <= tiers.indexOf(tier))
          .map((other) => `s${other}`),
      })),
    );

  test("has every service once, core before supporting before ui, dependencies first", () => {
    fc.assert(
      fc.property(servicesIn, fc.infiniteStream(fc.nat()), (services, random) => {
        const shuffled = services
          .map((service) => ({ service, at: random.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ service }) => service);
        const order = deploymentOrder(shuffled);
        expect(order.map(({ name }) => name).toSorted()).toEqual(services.map(({ name }) => name).toSorted());
        const place = (name: string) => order.findIndex((service) => service.name === name);
        for (const [index, service] of order.entries()) {
          for (const needed of service.dependsOn) expect(place(needed)).toBeLessThan(index);
          const before = order[index - 1];
          if (before) expect(tiers.indexOf(before.tier)).toBeLessThanOrEqual(tiers.indexOf(service.tier));
        }
      }),
    );
  });

  test("finds a circle of any length, and none where there is none", () => {
    const ring = (length: number) =>
      project(
        Array.from({ length }, (_, i) => `- {name: s${i}, path: a, command: [a]}`).join("\n"),
      ).services.map((service, i) => ({ ...service, dependsOn: [`s${(i + 1) % length}`] }));
    for (const length of [1, 2, 5]) expect(dependencyCycle(ring(length))).toHaveLength(length + 1);
    expect(dependencyCycle(ring(3).map((service) => ({ ...service, dependsOn: [] })))).toBeNull();
  });
});

describe("branches and tags", () => {
  test.each([
    ["development-first", "develop", "development"],
    ["development-first", "main", "production"],
    ["staging-first", "develop", "staging"],
    ["staging-first", "feature/x", null],
  ] as const)("preset %s: %s goes to %s (C02)", (preset, branch, expected) => {
    expect(environmentOfBranch(preset, branch)).toBe(expected);
  });

  test("the exact name wins over patterns, the longer pattern over the shorter (R019)", () => {
    const map = { "**": "lab", "release/*": "staging", "release/1.0": "production" };
    const of = (branch: string) => environmentOfBranch(map, branch);
    expect([of("release/1.0"), of("release/2.0"), of("release/2/x"), of("a+b")]).toEqual([
      "production",
      "staging",
      "lab",
      "lab",
    ]);
  });

  test.each([
    [
      "a push to develop goes to development (R006, R008)",
      "development-first",
      "push",
      "develop",
      "development",
      true,
    ],
    [
      "a push to develop goes to staging where the project says so (R009, C02)",
      "staging-first",
      "push",
      "develop",
      "staging",
      true,
    ],
    ["a push to staging goes to staging (R010)", "development-first", "push", "staging", "staging", true],
    [
      "a push to main goes to production (R006, R012)",
      "development-first",
      "push",
      "main",
      "production",
      true,
    ],
    [
      "a pull request to main is only checked (R007, R018)",
      "development-first",
      "pull_request",
      "main",
      "production",
      false,
    ],
    [
      "a run by hand deploys its branch (R010)",
      "development-first",
      "workflow_dispatch",
      "staging",
      "staging",
      true,
    ],
  ] as const)("%s", (_, preset, event, branch, environment, expected) => {
    expect(environmentOfBranch(preset, branch)).toBe(environment);
    expect(isDeployedBy({ event, branch }, preset, [environment], true)).toBe(expected);
  });

  test("the first environment counts for what is only checked", () => {
    expect(firstEnvironment("development-first")).toBe("development");
    expect(firstEnvironment("staging-first")).toBe("staging");
    expect(firstEnvironment({ "release/*": "lab", main: "live" })).toBe("lab");
    expect(firstEnvironment({})).toBeNull();
  });

  test.each([
    ["push", "main", true, true],
    ["push", "main", false, false],
    ["push", "hotfix/tea", true, true],
    ["push", "develop", true, false],
    ["push", "feature/tea", true, false],
    ["push", null, true, false],
    ["schedule", "main", false, false],
    ["workflow_dispatch", "main", false, true],
    [null, "main", false, true],
    [null, "feature/tea", true, false],
    ["pull_request", "main", true, false],
    ["pull_request_target", "main", true, false],
    ["issue_comment", "main", true, false],
    ["merge_group", "main", true, false],
  ] as const)(
    "event %s on %s with autoDeploy %s deploys production: %s (R019, R088)",
    (event, branch, autoDeploy, expected) => {
      const branches = { develop: "development", main: "production", "hotfix/*": "prod" };
      expect(isDeployedBy({ event, branch }, branches, ["production", "prod"], autoDeploy)).toBe(expected);
    },
  );

  test("tags follow the templates (R151–R154)", () => {
    const fields = { service: "orders", version: "2.1.0", sha: "0123456789abcdef" };
    expect(tagsOf({}, { ...fields, environment: "development" })).toEqual(["orders:dev-0123456"]);
    expect(tagsOf({}, { ...fields, environment: "staging" })).toEqual(["orders:staging-2.1.0"]);
    expect(tagsOf({}, { ...fields, environment: "production" })).toEqual(["orders:2.1.0"]);
    expect(tagsOf({}, { ...fields, environment: "production", issueId: "SHOP-7" })).toEqual([
      "orders:hotfix-SHOP-7",
    ]);
    expect(tagsOf({ "*": ["{service}:{environment}"] }, { ...fields, environment: "lab" })).toEqual([
      "orders:lab",
    ]);
    expect(tagsOf({}, { service: "orders", environment: "development" })).toEqual([]);
  });
});
