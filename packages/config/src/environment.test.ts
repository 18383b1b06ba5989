import { formatProblem } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { parseEnvironmentConfig } from "./parse.ts";
import { environmentProblems, file } from "./testing/refusals.ts";

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
      /Did you mean `bluegreen`\? Use `recreate`, `rolling`, `bluegreen`, `canary` or `auto`\./,
      "config.not-allowed",
    ],
    [
      "text instead of a number",
      "replicas: three",
      "1:11: replicas is `three`.",
      /^Write a whole number, for example `1`\.$/,
      "config.wrong-type",
    ],
    [
      "a number instead of yes or no",
      "canary: {shared: 3}",
      "1:18: canary.shared is 3.",
      /^Write `true` or `false`\.$/,
      "config.wrong-type",
    ],
    ["a number below the least", "replicas: 0", "1:11: replicas is 0.", /at least 1/, "config.not-allowed"],
    [
      "the name that stands for the environment of the branch",
      "environment: auto",
      "1:14: environment is `auto`.",
      /not `auto`, which is the environment of the branch/,
      "config.not-allowed",
    ],
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
      "a step without traffic",
      "canary:\n  steps:\n    - {weight: 0, pause: 1m}\n    - {weight: 100}",
      "3:16: canary.steps[0].weight is `0`, which is not a share of the traffic.",
      /above 0 and up to 100/,
      "config.not-allowed",
    ],
    [
      "a step with more than all of the traffic",
      "canary:\n  steps:\n    - {weight: 101}",
      "3:16: canary.steps[0].weight is `101`, which is not a share of the traffic.",
      /above 0 and up to 100/,
      "config.not-allowed",
    ],
    [
      "a step of a gradual switch that goes down",
      "strategy: bluegreen\ntrafficSwitch: {steps: [{weight: 50}, {weight: 20%}, {weight: 100}]}",
      "2:48: trafficSwitch.steps[1].weight is 20 %, not more than the 50 % before it.",
      /rise from step to step/,
      "config.not-allowed",
    ],
    [
      "a pause that is neither a duration nor manual",
      "canary: {steps: [{weight: 5, pause: forever}, {weight: 100}]}",
      "1:37: canary.steps[0].pause is `forever`.",
      /Or `manual`\./,
      "config.unit-wrong",
    ],
    [
      "no replicas in a step",
      "canary: {steps: [{weight: 5, replicas: 0}, {weight: 100}]}",
      "1:40: canary.steps[0].replicas is `0`, which is not a number of replicas.",
      /`2`, or a share of all replicas such as `10%`/,
      "config.not-allowed",
    ],
    [
      "more replicas in a step than there are",
      "strategy: canary\nreplicas: 4\ncanary: {steps: [{weight: 5, replicas: 5}, {weight: 100}]}",
      "3:40: canary.steps[0].replicas is 5, and the service has 4.",
      /at most 4/,
      "config.not-allowed",
    ],
    [
      "replicas that fall from step to step (C14)",
      "strategy: canary\nreplicas: 10\ncanary: {steps: [{weight: 5, replicas: 50%}, {weight: 25, replicas: 2}, {weight: 100}]}",
      "3:69: canary.steps[1].replicas is 2, fewer than the 5 before it.",
      /rise from step to step/,
      "config.not-allowed",
    ],
    [
      "testers who cannot be known",
      "canary: {testers: {value: 'yes'}}",
      "1:19: canary.testers is without `header` and without `cookie`.",
      /Name the header or the cookie/,
      "config.missing-key",
    ],
    [
      "testers who are known twice",
      "canary: {testers: {header: X-Canary, cookie: canary}}",
      "1:19: canary.testers is with `header` and with `cookie`.",
      /Name the header or the cookie/,
      "config.contradiction",
    ],
    [
      "a rollback window that is neither a number nor a time",
      "rollbackWindow: some",
      "1:17: rollbackWindow is `some`.",
      /whole number of revisions from 1 such as `3`, or a duration/,
      "config.unit-wrong",
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
      "a metric of one's own without its total (R286)",
      "canary: {analysis: {metrics: [{name: checkout_failed, events: failed_total}]}}",
      "1:31: canary.analysis.metrics[0] is without `total`.",
      /`total:`/,
      "config.missing-key",
    ],
    [
      "a metric of one's own under the name of one that Sluice measures",
      "canary: {analysis: {metrics: [{name: cpu, events: a_total, total: b_total}]}}",
      "1:38: canary.analysis.metrics[0].name is `cpu`, which Sluice measures itself.",
      /name of its own/,
      "config.contradiction",
    ],
    [
      "two metrics of one's own with one name",
      "canary: {analysis: {metrics: [{name: a, events: b, total: c}, {name: a, events: d, total: c}]}}",
      "1:70: canary.analysis.metrics[1].name is `a`, which is the name of another one.",
      /name of its own/,
      "config.contradiction",
    ],
    [
      "a direction for a metric that has one",
      "canary: {analysis: {metrics: [{name: error_rate, max: 1%, worse: lower}]}}",
      "1:66: canary.analysis.metrics[0].worse is for metrics with `events` and `total` only.",
      /Leave it out/,
      "config.not-allowed",
    ],
    [
      "an objective without a unit",
      "canary: {analysis: {latencyObjective: 300}}",
      "1:39: canary.analysis.latencyObjective is 300, without a unit.",
      /300 milliseconds or 300 seconds/,
      "config.unit-missing",
    ],
    [
      "an address of alerts that is none",
      "canary: {analysis: {alerts: {url: prometheus}}}",
      "1:35: canary.analysis.alerts.url is `prometheus`.",
      /http/,
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
    const problems = environmentProblems(text);
    expect(problems).toHaveLength(1);
    expect(formatProblem(problems[0]!).split("\n")[0]).toBe(`${file}:${sentence}`);
    expect(problems[0]!.remedy).toMatch(remedy);
    expect(problems[0]!.reasonCode).toBe(reasonCode);
  });

  test("all mistakes of a file are told at once, in the order of its lines", () => {
    const problems = environmentProblems(
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
