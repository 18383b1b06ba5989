import { describe, expect, test } from "vitest";
import { parseEnvironmentConfig, parseProjectConfig } from "./parse.ts";
import { policyOptionsOf, sampleSecondsOf } from "./policy-options.ts";
import { resolve } from "./resolve.ts";

const project = parseProjectConfig(
  "name: shop\nservices: [{ name: web, path: web, command: [node, s.js] }]\n",
  ".deploy/project.yaml",
).config;

function settingsOf(analysis: string) {
  const environment = parseEnvironmentConfig(
    `environment: production\ntarget: local\nstrategy: canary\ncanary: { analysis: { ${analysis} } }\n`,
    ".deploy/production-config.yaml",
  ).config;
  return resolve(project, environment)[0]!;
}

describe("what the policy of a service is made from", () => {
  test("is the configuration, in the units of the judge", () => {
    const settings = settingsOf(
      "alpha: 2%, tolerance: 50%, warmUp: 1m, metrics: [{ name: orders, events: orders_lost, total: orders_all, tolerance: 10% }]",
    );
    const options = policyOptionsOf(settings);
    expect(options).toMatchObject({ alpha: 0.02, tolerance: 1.5, warmUpSeconds: 60, hasAlerts: false });
    expect(options.events).toMatchObject([{ name: "orders", tolerance: 1.1 }]);
    expect(options).not.toHaveProperty("tempering");
  });

  test("and what earlier rollouts have taught: requests that come in bunches count for less", () => {
    const learned = { errorDispersion: { value: 4, rollouts: 3 } };
    expect(policyOptionsOf(settingsOf(""), learned as never)).toMatchObject({ tempering: 0.25 });
  });

  test("of each metric of one's own by itself, whatever it is called (R286)", () => {
    const own = (name: string) => `{ name: ${name}, events: lost, total: all }`;
    const settings = settingsOf(`metrics: [${own("orders")}, ${own("constructor")}]`);
    const learned = {
      errorDispersion: { value: 4, rollouts: 3 },
      eventDispersions: { orders: { value: 2, rollouts: 3 } },
    };
    const options = policyOptionsOf(settings, learned as never);
    expect(options.events).toMatchObject([{ name: "orders", tempering: 0.5 }, { name: "constructor" }]);
    // What nothing is known about goes by the errors.
    expect(options.events![1]).not.toHaveProperty("tempering");
  });

  test("with evidence gathered more often than the bounds are checked", () => {
    expect(sampleSecondsOf(settingsOf("interval: 1m"))).toBe(10);
    expect(sampleSecondsOf(settingsOf("interval: 2s"))).toBe(2);
  });
});
