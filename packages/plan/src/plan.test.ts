import { parseProjectConfig } from "@sluice/config";
import { canonicalJson, formatProblem, Plan, Refusal } from "@sluice/documents";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPlan } from "./format.ts";
import type { PlanInput } from "./input.ts";
import { planMermaid } from "./mermaid.ts";
import { blockersOf, makePlan, planHash, requireApproved } from "./plan.ts";
import { environmentOf, example, plan, release, running } from "./testing/example.ts";

const stage = (made: Plan, name: string) => made.stages.find((each) => each.stage === name)!;
const actions = (made: Plan, name: string, service?: string) =>
  stage(made, name)
    .steps.filter((step) => service === undefined || step.service === service)
    .map(({ action, waitSeconds }) => (waitSeconds > 0 ? `${action} [${waitSeconds}]` : action));

describe("a plan", () => {
  test("is a valid document that says every step of a production canary (R096)", async () => {
    const made = makePlan(release);
    expect(Plan.parse(made.plan)).toEqual(made.plan);
    await expect(formatPlan(made)).toMatchFileSnapshot("../fixtures/production.plan.txt");
    await expect(planMermaid(made.plan)).toMatchFileSnapshot("../fixtures/production.plan.mmd");
  });

  test("deploys core, supporting, ui, each healthy before the next (R224)", () => {
    const ids = stage(plan(), "deploy").steps.map(({ id }) => id);
    const order = [
      "catalog/start",
      "core-healthy",
      "orders/start",
      "supporting-healthy",
      "web/start",
      "ui-healthy",
    ];
    expect(ids.filter((id) => order.some((name) => id === `deploy/${name}`))).toEqual(
      order.map((name) => `deploy/${name}`),
    );
  });

  test("has no id twice", () => {
    const made = plan();
    const ids = [...made.stages.flatMap(({ steps }) => steps), ...made.rollback].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("recreate says that the service is down meanwhile (R084, R257)", () => {
    expect(actions(plan({ environment: example("dev") }), "deploy", "catalog")).toEqual([
      "stop 2.0.0 of catalog; catalog is down until the new version is ready",
      "start 1 replica of catalog 2.1.0 [10]",
      "route 100 % of catalog to 2.1.0 when they are healthy",
    ]);
  });

  test("blue-green watches after the switch and keeps the old version (R093, R094)", () => {
    const environment = { ...example("staging"), keepOldFor: 600 };
    expect(actions(plan({ environment }), "deploy", "catalog")).toEqual([
      "start 2 replicas of catalog 2.1.0 beside 2.0.0 [15]",
      "check catalog 2.1.0 at an address of its own",
      "route 100 % of catalog to 2.1.0",
      "watch catalog 2.1.0 for 5m; switch back when something is wrong [300]",
      "keep 2.0.0 of catalog running for 10m [600]",
      "stop 2.0.0 of catalog after the requests it is answering",
    ]);
  });

  test("blue-green runs its tests before the switch, which may wait for a person (R232, R234)", () => {
    const environment = environmentOf(
      "strategy: bluegreen\ntrafficSwitch: {preSwitchTests: [load], steps: [{weight: 10, pause: manual}, {weight: 100}]}",
    );
    const made = plan({ environment });
    expect(actions(made, "deploy", "catalog").slice(1, 4)).toEqual([
      "check catalog 2.1.0 at an address of its own",
      "run the load tests against catalog 2.1.0 before it gets traffic",
      "route 10 % of catalog to 2.1.0 until a person promotes it",
    ]);
    expect(made.warnings).toContainEqual(
      expect.objectContaining({
        severity: "notice",
        reasonCode: "plan.waits-for-person",
        message: expect.stringContaining("catalog waits at 10 % until a person promotes it"),
      }),
    );
  });

  test("a canary says who gets it before its first step, its replicas, and where it waits for a person (C14)", () => {
    const environment = environmentOf(`
strategy: canary
replicas: 10
canary:
  testers: {header: X-Canary}
  darkLaunch: 5m
  mirror: 10%
  steps: [{weight: 5, replicas: 10%, pause: manual}, {weight: 100}]
`);
    expect(actions(plan({ environment }), "deploy", "catalog").slice(1, 4)).toEqual([
      "run 2.1.0 of catalog for requests with the header X-Canary, and copies of 10% of the safe requests, for 5m [300]",
      "route 5 % of catalog to 2.1.0 on 1 replica, judge every 1m until a person promotes it",
      "route 100 % of catalog to 2.1.0",
    ]);
  });

  test("what the router cannot do is refused before anything happens", () => {
    const environment = environmentOf("strategy: canary\ncanary: {sticky: true}");
    const made = plan({ environment, routingRefusals: () => ["it cannot keep users with a version"] });
    expect(blockersOf(made)[0]).toMatchObject({
      reasonCode: "plan.routing-refused",
      location: { key: "canary" },
    });
  });

  test("a version that was trusted not long ago comes back without steps, and it is said so (AR-26)", () => {
    const environment = environmentOf("strategy: canary\nrollbackWindow: 3");
    const made = plan({ environment, shortcuts: { catalog: "2.1.0 was trusted 1 revision ago." } });
    expect(actions(made, "deploy", "catalog")[1]).toBe(
      "route 100 % of catalog to 2.1.0 without steps: 2.1.0 was trusted 1 revision ago.",
    );
    expect(actions(made, "deploy", "orders")).toContain(
      "route 5 % of orders to 2.1.0, judge every 1m for at least 10m [600]",
    );
    expect(made.warnings).toContainEqual(expect.objectContaining({ reasonCode: "plan.steps-skipped" }));
  });

  test("rolling goes in batches", () => {
    const environment = environmentOf("replicas: 3\nrolling: {batchSize: 2, pause: 30s}\n");
    expect(actions(plan({ environment }), "deploy", "catalog")).toEqual([
      "replace replicas 1–2 of 3 of catalog by 2.1.0, old ones when the new ones are healthy, then watch for 30s, and check it [30]",
      "replace replica 3 of 3 of catalog by 2.1.0, old ones when the new ones are healthy, then watch for 30s, and check it [30]",
    ]);
  });

  test("goes region by region where the target has regions, and sums the waits (R414, C30)", () => {
    const environment = { ...example("multi-region"), target: "ecs" as const };
    const made = plan({ environment });
    const waits = stage(made, "deploy").steps.filter(({ id }) => id.endsWith("/wait"));
    expect(waits.map(({ id, waitSeconds }) => [id, waitSeconds])).toEqual([
      ["deploy/us-west-2/wait", 1800],
      ["deploy/eu-west-1/wait", 900],
      ["deploy/ap-southeast-1/wait", 900],
      ["deploy/us-east-1/wait", 1200],
    ]);
    expect(made.duration.waitSeconds).toBe(80 * 60);
    expect(plan({ environment: example("multi-region") }).warnings).toMatchObject([
      { severity: "warning", reasonCode: "config.no-effect", location: { key: "regions" } },
    ]);
  });

  test("leaves a service alone that runs the version already", () => {
    const made = plan({ running: { ...running, web: { version: "2.1.0" } } });
    expect(actions(made, "deploy", "web")).toEqual(["leave web as it is: it runs 2.1.0"]);
    expect(made.rollback.filter(({ service }) => service === "web")).toEqual([]);
  });

  test("says when nothing would change", () => {
    const made = plan({ request: { version: "2.0.0" } });
    expect(made.warnings.map(({ reasonCode }) => reasonCode)).toEqual(["plan.unchanged"]);
    expect([made.rollback, made.duration.waitSeconds]).toEqual([[], 0]);
  });

  test("takes the strategy of the request instead of the configured one (R106)", () => {
    const made = plan({ request: { version: "2.1.0", strategy: "recreate" } });
    expect(made.services.map(({ strategy }) => strategy)).toEqual(["recreate", "recreate", "recreate"]);
    expect(actions(made, "deploy", "web")[0]).toContain("is down until");
  });

  test("starts the first version with all of the traffic and says that there is no way back (R064)", () => {
    const made = plan({ running: {} });
    expect(actions(made, "deploy", "catalog")).toEqual([
      "start 10 replicas of catalog 2.1.0 [30]",
      "route 100 % of catalog to 2.1.0 when they are healthy",
    ]);
    expect(made.rollback.map(({ action }) => action)).toContain(
      "stop catalog 2.1.0: there is no earlier version",
    );
    expect(made.warnings.map(({ reasonCode }) => reasonCode)).toEqual(["plan.no-rollback"]);
  });

  test("says so when nobody asked what runs", () => {
    const made = plan({ running: undefined, pendingMigrations: undefined });
    expect(made.services[0]).not.toHaveProperty("running");
    expect(actions(made, "migrate")).toContain(
      "apply the migrations in services/orders/migrations that are not applied yet",
    );
    expect(formatPlan(made)).toContain("Plan: 3 to deploy over whatever runs.");
  });

  test("rolls back in reverse order, traffic before everything else (R042, R172)", () => {
    expect(plan().rollback.map(({ id }) => id)).toEqual([
      "rollback/web/traffic",
      "rollback/orders/traffic",
      "rollback/catalog/traffic",
      "rollback/web/stop",
      "rollback/web/verify",
      "rollback/orders/stop",
      "rollback/orders/verify",
      "rollback/catalog/stop",
      "rollback/catalog/verify",
      "rollback/database",
    ]);
  });

  test("stages that do not run say why", () => {
    const bare = parseProjectConfig(
      "name: one\nservices: [{name: a, path: a, command: [a]}]\nscan: {secrets: false, sbom: false, dependencies: {enabled: false}}\n",
      "p",
    ).config;
    const made = plan({ project: bare, running: { a: { version: "1" } } });
    expect(made.stages.flatMap(({ stage, skipped }) => (skipped ? [[stage, skipped]] : []))).toEqual([
      ["scan", "every scanner is turned off in the project"],
      ["migrate", "the project has no database"],
      ["watch", "`watch.duration` of the environment is 0s"],
    ]);
  });

  test("runs only the tests that are defined, and the watch rolls back on the conditions (R095, R288)", () => {
    const environment = environmentOf(
      "postDeploymentTests: [smoke, load, unknown]\nwatch: {duration: 15m}\nautoRollback: {conditions: [error_rate > 1%]}\n",
    );
    const made = plan({ environment });
    expect(actions(made, "verify").filter((action) => action.startsWith("run"))).toEqual([
      "run the load tests: `npm run load`",
    ]);
    expect(actions(made, "watch")).toEqual([
      "watch every service for 15m, looking every 10s; roll back on error_rate > 1% or availability < 99% [900]",
    ]);
  });
});

describe("what is wrong with a plan", () => {
  test("waits that do not fit into the job are told and block it (C27)", () => {
    const environment = environmentOf("strategy: canary\nlimits: {jobTimeout: 1h}\n");
    const made = plan({ environment });
    expect(made.duration).toEqual({ waitSeconds: 3 * 35 * 60, limitSeconds: 3600 });
    expect(blockersOf(made).map(({ reasonCode, message }) => [reasonCode, message])).toEqual([
      ["plan.too-long", "The waits of the plan sum to 1h45m, and the job may take 1h."],
    ]);
  });

  test("waits longer than a deployment is expected to take are told (R468–R470, C27)", () => {
    const environment = environmentOf("strategy: canary\nlimits: {expectedDuration: 60m}\n");
    const made = plan({ environment });
    expect(blockersOf(made)).toEqual([]);
    expect(made.warnings.map(({ reasonCode, location }) => [reasonCode, location?.key])).toEqual([
      ["plan.slower-than-expected", "limits.expectedDuration"],
    ]);
  });

  test("a weight that the router cannot do blocks it and names the step (C13)", () => {
    const made = plan({
      request: { version: "2.1.0", services: ["orders"] },
      routerRefuses: (weight) =>
        weight < 9 ? "by replicas alone, one of 11 gets at least 9.1 % of the traffic." : null,
    });
    expect(blockersOf(made).map(formatProblem)).toEqual([
      [
        ".deploy/production-config.yaml: orders cannot get 5 % of its traffic to 2.1.0: by replicas alone, one of 11 gets at least 9.1 % of the traffic.",
        "  Use a step that the router can do, more replicas, or a router that splits by weight.",
        "  reason: plan.weight-refused",
      ].join("\n"),
    ]);
    expect(made.warnings[0]?.location?.key).toBe("canary.steps[0].weight");
  });

  test("the version that runs, in another configuration, blocks it and names the keys", () => {
    const environment = environmentOf("services: {web: {environment: {LOG_LEVEL: hidden-4711}}}\n");
    const differences = { web: ["environment.LOG_LEVEL"], orders: ["command", "secrets"] };
    const made = plan({ environment, request: { version: "2.0.0" }, differences });
    expect(blockersOf(made).map(formatProblem)).toEqual([
      expect.stringContaining(
        "orders runs 2.0.0 already, in another configuration: command, secrets differ.",
      ),
      [
        ".deploy/production-config.yaml: web runs 2.0.0 already, in another configuration: environment.LOG_LEVEL differs.",
        "  Give the release a version of its own (`--version`, a new tag or commit), so that it is judged like any release.",
        "  reason: deploy.configuration-differs",
      ].join("\n"),
    ]);
    expect(blockersOf(made).map(({ location }) => location?.key)).toEqual([
      undefined,
      "services.web.environment",
    ]);
    expect(actions(made, "deploy", "web")).toEqual([
      "leave web as it is: it runs 2.0.0, in another configuration",
    ]);
    expect(made.warnings.map(({ reasonCode }) => reasonCode)).not.toContain("plan.unchanged");
    const shown = formatPlan(made);
    expect(shown).toContain("environment.LOG_LEVEL differs");
    expect(JSON.stringify([made, shown])).not.toContain("hidden-4711");
    const orders = plan({ request: { version: "2.0.0", services: ["catalog"] }, differences });
    expect(blockersOf(orders)).toEqual([]);
  });

  test("a step shorter than the interval of its analysis is told", () => {
    const environment = environmentOf(
      "strategy: canary\ncanary: {steps: [{weight: 50, pause: 4s}, {weight: 100}]}",
    );
    const made = plan({ environment, request: { version: "2.1.0", services: ["web"] } });
    expect(made.warnings).toMatchObject([
      { severity: "warning", reasonCode: "plan.step-unwatched", location: { key: "canary.steps[0].pause" } },
    ]);
    expect(blockersOf(made)).toEqual([]);
  });

  test.each([
    [
      { version: "2", services: ["order"] },
      "config.unknown-service",
      /Did you mean `orders`\? Its services are/,
    ],
    [{ version: "2", services: [] }, "config.input-invalid", /at least one of/],
    [{ version: " " }, "config.input-invalid", /Name the version/],
  ])("the request %j is refused", (request, reasonCode, remedy) => {
    try {
      plan({ request });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
      expect((error as Refusal).problems).toMatchObject([
        { reasonCode, remedy: expect.stringMatching(remedy) },
      ]);
    }
  });

  test("a plan that is not the approved one is refused", () => {
    const approved = makePlan(release);
    expect(() => requireApproved(approved, approved.hash)).not.toThrow();
    const other = makePlan({ ...release, request: { version: "2.1.1" } });
    expect(() => requireApproved(other, approved.hash)).toThrow(/was approved/);
  });
});

describe("same input, same bytes", () => {
  /** The same value with the keys of every object in another order. */
  const shuffled = (value: unknown, next: () => number): unknown => {
    if (Array.isArray(value)) return value.map((member) => shuffled(member, next));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, member]) => ({ at: next(), entry: [key, shuffled(member, next)] as const }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ entry }) => entry),
    );
  };

  test("whatever the order of the keys", () => {
    const bytes = canonicalJson(makePlan(release).plan);
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (random) => {
        const input = shuffled(release, () => random.next().value as number) as PlanInput;
        const again = makePlan(input);
        expect(canonicalJson(again.plan)).toBe(bytes);
        expect(formatPlan(again)).toBe(formatPlan(makePlan(release)));
        expect(planMermaid(again.plan)).toBe(planMermaid(makePlan(release).plan));
      }),
      { numRuns: 30 },
    );
  });

  test("the hash changes with the version, the commit, the configuration and what runs (R108)", () => {
    const hashes = [
      release,
      { ...release, request: { ...release.request, version: "2.1.1" } },
      { ...release, request: { version: "2.1.0" } },
      { ...release, environment: { ...release.environment, replicas: 11 } },
      { ...release, running: { ...running, web: null } },
      { ...release, pendingMigrations: [] },
    ].map((input) => makePlan(input).hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(planHash(JSON.parse(JSON.stringify(makePlan(release).plan)))).toBe(hashes[0]);
  });

  test("comments and the order of keys in the files change nothing", () => {
    const text = "strategy: canary\nreplicas: 2\n";
    const other = "# two\nreplicas: 2\n\nstrategy: canary\n";
    expect(makePlan({ ...release, environment: environmentOf(text) }).hash).toBe(
      makePlan({ ...release, environment: environmentOf(other) }).hash,
    );
  });
});

describe("the watch after a deployment", () => {
  const watched = (keepOldFor: number) => ({
    ...example("staging"),
    keepOldFor,
    watch: { ...example("staging").watch, duration: 900 },
  });
  const codes = (keepOldFor: number) =>
    plan({ environment: watched(keepOldFor) }).warnings.map(({ reasonCode }) => reasonCode);

  test("can only go back within seconds while the old version is there: the plan says when it is not (R237, C25)", () => {
    expect(codes(0)).toContain("plan.old-gone-too-soon");
    expect(codes(899)).toContain("plan.old-gone-too-soon");
    expect(codes(900)).not.toContain("plan.old-gone-too-soon");
    const [warning] = plan({ environment: watched(600) }).warnings.filter(
      ({ reasonCode }) => reasonCode === "plan.old-gone-too-soon",
    );
    expect(warning).toMatchObject({
      severity: "warning",
      message: expect.stringContaining("watched for 15m, and the old one runs for 10m of that"),
      remedy: expect.stringContaining("keepOldFor: 15m"),
      location: { key: "keepOldFor" },
    });
  });

  test("is not added to the time that the old version is kept: they pass together", () => {
    const kept = stage(plan({ environment: watched(1200) }), "deploy").steps.filter(({ id }) =>
      id.endsWith("/keep-old"),
    );
    expect(kept.map(({ waitSeconds }) => waitSeconds)).toEqual(kept.map(() => 300));
    expect(kept.length).toBeGreaterThan(0);
  });
});
