import {
  parseEnvironmentConfig,
  parseProjectConfig,
  policyOptionsOf,
  resolve,
  type ServiceSettings,
} from "@sluice/config";
import type { Event } from "@sluice/documents";
import { policyFor } from "@sluice/judge";
import { describe, expect, test } from "vitest";
import { watchPolicyOf } from "./judge-policy.ts";
import { referenceOf } from "./reference.ts";

const project = parseProjectConfig(
  "name: shop\nservices: [{ name: web, path: web, command: [node, s.js] }]\n",
  ".deploy/project.yaml",
).config;

function settingsOf(text: string) {
  const environment = parseEnvironmentConfig(
    `environment: production\ntarget: local\nstrategy: canary\n${text}`,
    ".deploy/production-config.yaml",
  ).config;
  return { environment, settings: resolve(project, environment)[0] as ServiceSettings };
}

const { environment, settings } = settingsOf(`
canary:
  steps: [{ weight: 5, pause: 10m }, { weight: 25, pause: 10m }, { weight: 100 }]
  analysis:
    interval: 1m
    threshold: 5
    metrics: [{ name: error_rate, max: "0.1%" }, { name: latency_p99, max: 500ms }]
autoRollback: { enabled: true, conditions: [error_rate > 1%] }
watch: { duration: 30m, interval: 15s }
`);

describe("how a canary is judged", () => {
  test("at each step, every minute, five failed checks ending it (R097–R099, R270–R272, R274, R275)", () => {
    const policy = policyFor(policyOptionsOf(settings));
    expect(policy).toMatchObject({ starts: 2, checkSeconds: 60 });
    expect(policy.guards.map(({ bound, band, threshold }) => [bound.text, band, threshold])).toEqual([
      ["error_rate > 0.1%", "hold", 5],
      ["latency_p99 > 500ms", "hold", 5],
      ["error_rate > 1%", "rollback", 5],
      ["availability < 99%", "rollback", 5],
    ]);
  });
});

describe("how a release is watched afterwards", () => {
  const reference = { errorRatio: 0.001, p99Milliseconds: 80 };
  const texts = (against: typeof reference | undefined) =>
    watchPolicyOf({ environment } as never, settings, against).guards.map(({ bound }) => bound.text);

  test("against the conditions, and against what it was like before (R346, R347)", () => {
    expect(texts(reference)).toEqual([
      ...["error_rate > 1%", "availability < 99%"],
      ...["error_rate increase > 50%", "latency_p99 increase > 100%"],
    ]);
  });

  test("against the conditions alone after a first deployment", () => {
    expect(texts(undefined)).toEqual(["error_rate > 1%", "availability < 99%"]);
  });
});

describe("what a service was like before", () => {
  const verdict = (service: string, requests: number): Event =>
    ({
      type: "rollout.verdict",
      service,
      data: { evidence: { baseline: { requests, errors: 2, p99: 80 } } },
    }) as unknown as Event;

  test("is the baseline of its newest verdict (R298)", () => {
    expect(referenceOf([verdict("web", 10), verdict("web", 1000), verdict("orders", 5)], "web")).toEqual({
      errorRatio: 0.002,
      p99Milliseconds: 80,
    });
  });

  test("is unknown without a verdict, and without requests", () => {
    expect(referenceOf([verdict("orders", 5)], "web")).toBeUndefined();
    expect(referenceOf([verdict("web", 0)], "web")).toBeUndefined();
  });
});
