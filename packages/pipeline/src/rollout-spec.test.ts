import { afterAll, expect, test } from "vitest";
import { rolloutSpecOf } from "./rollout-spec.ts";
import { testProject } from "./testing/project.ts";

const project = testProject({
  ".deploy/project.yaml": "name: shop\nservices: [{ name: web, path: web, command: [node, s.js] }]\n",
});
afterAll(() => project.remove());

/** What is rolled out for an environment with these settings. */
async function specOf(settings: string, variables: Record<string, string> = {}) {
  project.write({ ".deploy/test-config.yaml": `environment: test\ntarget: local\n${settings}` });
  const context = await project.open("test", { variables: { PATH: process.env.PATH, ...variables } });
  const digest = `sha256:${"ab".repeat(32)}`;
  return rolloutSpecOf(context, {
    settings: context.services[0]!,
    version: "1.0.0",
    artifact: { kind: "archive", reference: "web.tar.gz", digest, tags: [] },
  });
}

test.each([
  ["canary", "", "rollback"],
  ["canary", "autoRollback: { enabled: false }", "hold"],
  ["bluegreen", "trafficSwitch: { rollbackOnError: true }", "rollback"],
  ["bluegreen", "trafficSwitch: { rollbackOnError: false }", "hold"],
  ["canary", "trafficSwitch: { rollbackOnError: false }", "rollback"],
])("a bad release by %s with `%s`: %s (R094, R100)", async (strategy, settings, onBadRelease) => {
  expect(await specOf(`strategy: ${strategy}\n${settings}\n`)).toMatchObject({ strategy, onBadRelease });
});

test("the times of a switch are those of the configuration (R093, R237)", async () => {
  const spec = await specOf("strategy: bluegreen\ntrafficSwitch: { testDuration: 5m }\nkeepOldFor: 10m\n");
  expect(spec).toMatchObject({ bluegreen: { testDurationSeconds: 300 }, keepOldForSeconds: 600 });
});

test("a service has its replicas, health check and steps (R085, R089–R092, R096)", async () => {
  const spec = await specOf(`strategy: canary
replicas: 10
healthCheck: { path: /up, initialDelay: 30s, timeout: 10s, failureThreshold: 3 }
canary: { steps: [{ weight: 5, pause: 10m }, { weight: 100 }] }
`);
  expect(spec.version).toMatchObject({
    replicas: 10,
    healthCheck: { path: "/up", initialDelaySeconds: 30, timeoutSeconds: 10, failureThreshold: 3 },
  });
  expect(spec.steps).toEqual([
    { weight: 5, pauseSeconds: 600 },
    { weight: 100, pauseSeconds: 0 },
  ]);
});

test("steps have their replicas, their end, and what happens to requests beside the weights (C14, R239)", async () => {
  const spec = await specOf(`strategy: canary
replicas: 10
rollbackWindow: 2
canary:
  testers: { header: X-Canary }
  darkLaunch: manual
  mirror: 5%
  sticky: true
  steps: [{ weight: 5, replicas: 20%, pause: manual }, { weight: 100 }]
`);
  expect(spec).toMatchObject({
    darkLaunch: { pauseSeconds: 0, isManual: true },
    routing: { testers: { header: "X-Canary" }, mirrorPercent: 5, isSticky: true },
    rollbackWindow: { revisions: 2 },
    steps: [{ weight: 5, replicas: 2, pauseSeconds: 0, isManual: true }, { weight: 100 }],
  });
});

test("what only a canary has is no part of another rollout", async () => {
  const spec = await specOf("strategy: bluegreen\ncanary: { sticky: true, darkLaunch: 1m }\n");
  expect(spec).not.toHaveProperty("routing");
  expect(spec).not.toHaveProperty("darkLaunch");
});

test.each([
  ["", "rolling"],
  ["change:major", "bluegreen"],
  ["bug, strategy:canary", "canary"],
])("auto: with the labels `%s` the first version goes by %s (C23)", async (labels, strategy) => {
  expect(await specOf("strategy: auto\n", { SLUICE_LABELS: labels })).toMatchObject({ strategy });
});
