import { readFileSync } from "node:fs";
import { formatProblem } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { parseEnvironmentConfig } from "./parse.ts";
import { isOwnMetric } from "./schema/metric.ts";
import { environmentProblems, file } from "./testing/refusals.ts";

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}-config.yaml`, import.meta.url), "utf8");
const corrected = fixture("production")
  .replace("max: 0.1\n", "max: 0.1%\n")
  .replace("max: 500\n", "max: 500ms\n");

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
      // The documents let a push start it and an approval hold it (C03), which is the gate of the environment.
      autoDeploy: true,
    });
  });

  test("production is refused for its two bounds without a unit, both readings named (R099, R105, C11)", () => {
    expect(environmentProblems(fixture("production")).map(formatProblem)).toEqual([
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
    expect(config.canary.analysis.metrics.map((metric) => !isOwnMetric(metric) && metric.text)).toEqual([
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
