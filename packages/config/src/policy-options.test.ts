import { policyFor } from "@sluice/judge";
import { describe, expect, test } from "vitest";
import { parseEnvironmentConfig, parseProjectConfig } from "./parse.ts";
import { policyOptionsOf, sampleSecondsOf } from "./policy-options.ts";
import { resolve } from "./resolve.ts";

const project = parseProjectConfig(
  "name: shop\nservices: [{ name: web, path: web, command: [node, s.js] }]\n",
  ".deploy/project.yaml",
).config;

function settingsOf(text: string) {
  const environment = parseEnvironmentConfig(
    `environment: production\ntarget: local\nstrategy: canary\n${text}`,
    ".deploy/production-config.yaml",
  ).config;
  return resolve(project, environment)[0]!;
}

const settings = settingsOf(`
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

  test("with evidence gathered more often than the bounds are checked", () => {
    expect(sampleSecondsOf(settings)).toBe(10);
    const hasty = settingsOf("canary: { analysis: { interval: 2s } }");
    expect(sampleSecondsOf(hasty)).toBe(2);
  });
});
