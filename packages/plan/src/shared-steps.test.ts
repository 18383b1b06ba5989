import { parseProjectConfig } from "@sluice/config";
import { describe, expect, test } from "vitest";
import { formatPlan } from "./format.ts";
import { planMermaid } from "./mermaid.ts";
import { makePlan } from "./plan.ts";
import { environmentOf } from "./testing/example.ts";

const serviceLine = (name: string, more = "") =>
  `- {name: ${name}, path: ${name}, command: [node, s.js]${more}}\n`;

/** A plan for 2.0.0 of services that run 1.0.0, where nothing else is said. */
function planned(
  services: string,
  environment: string,
  running: Record<string, string | null> = {},
  request: { services?: string[] } = {},
) {
  const { config: project } = parseProjectConfig(
    `name: shop\nservices:\n${services}`,
    ".deploy/project.yaml",
  );
  return makePlan({
    project,
    environment: environmentOf(
      `environment: production\nstrategy: canary\nhealthCheck: {initialDelay: 0s}\nkeepOldFor: 0s\nwatch: {duration: 0s}\n${environment}`,
    ),
    file: ".deploy/production-config.yaml",
    request: { version: "2.0.0", ...request },
    running: Object.fromEntries(
      project.services.map(({ name }) => {
        const version = name in running ? running[name] : "1.0.0";
        return [name, version ? { version } : null];
      }),
    ),
  });
}

const shared = "canary: {shared: true, steps: [{weight: 10, pause: 10m}, {weight: 100}]}\n";
const three = serviceLine("orders") + serviceLine("payments") + serviceLine("search");
const together = ({ plan }: ReturnType<typeof planned>) =>
  Object.fromEntries(plan.services.map((service) => [service.name, service.together ?? []]));
const notes = ({ plan }: ReturnType<typeof planned>) =>
  plan.warnings
    .filter(({ location }) => location?.key === "canary.shared")
    .map(({ severity, reasonCode, message }) => `${severity} ${reasonCode} ${message}`);

describe("services that take the steps of their canaries together", () => {
  test("are in the plan as one group, whose pauses are waited for once (R096)", () => {
    const made = planned(serviceLine("orders") + serviceLine("payments"), shared);
    expect(together(made)).toEqual({ orders: ["payments"], payments: ["orders"] });
    expect(formatPlan(made)).toContain("    orders and payments take their canary steps together.");
    const deploy = made.plan.stages.find(({ stage }) => stage === "deploy")!;
    expect(deploy.steps.map(({ id, waitSeconds }) => `${id} ${waitSeconds}`)).toEqual([
      "deploy/together-orders-payments 0",
      ...["start", "weight-10", "weight-100", "stop-old"].flatMap((kind) => [
        `deploy/orders/${kind} 0`,
        `deploy/payments/${kind} ${kind === "weight-10" ? 600 : 0}`,
      ]),
      "deploy/core-healthy 0",
    ]);
    expect(made.plan.duration.waitSeconds).toBe(600);
    const picture = planMermaid(made.plan);
    expect(picture).toContain('lane0["orders + payments (core, canary)<br/>10 % 10m → 100 %"]');
    expect(picture).not.toContain("lane1");
    expect(notes(made)).toEqual([]);
  });

  test("the longest pause of a weight is the one that counts", () => {
    const made = planned(
      serviceLine("orders") + serviceLine("payments"),
      `${shared}services: {orders: {canary: {steps: [{weight: 10, pause: 30m}, {weight: 100}]}}}\n`,
    );
    expect(made.plan.duration.waitSeconds).toBe(1800);
  });

  test.each([
    ["another strategy", "services: {search: {strategy: rolling}}\n", "it goes out by rolling"],
    [
      "other weights",
      "services: {search: {canary: {steps: [{weight: 20}, {weight: 100}]}}}\n",
      "its steps are 20/100 %, and those of orders are 10/100 %",
    ],
    [
      "a dark launch",
      "services: {search: {canary: {darkLaunch: 1m}}}\n",
      "its steps are 0/10/100 %, and those of orders are 10/100 %",
    ],
  ])("%s keeps a service out of it, which is said", (_, more, why) => {
    const made = planned(three, shared + more);
    expect(together(made)).toEqual({ orders: ["payments"], payments: ["orders"], search: [] });
    expect(notes(made)).toEqual([
      `notice plan.steps-apart search does not take its steps together with others: ${why}.`,
    ]);
  });

  test("so does a dependency, and a first version; one that opted out or runs the version already is no matter (R228)", () => {
    const needs =
      serviceLine("orders") + serviceLine("payments") + serviceLine("search", ", dependsOn: [orders]");
    expect(notes(planned(needs, shared))).toEqual([
      "notice plan.steps-apart search does not take its steps together with others: it needs orders, which has to be there first.",
    ]);
    const first = planned(three, shared, { search: null });
    expect(notes(first)).toEqual([
      "notice plan.steps-apart search does not take its steps together with others: nothing of it runs yet that it could be compared with.",
    ]);
    const out = planned(three, `${shared}services: {search: {canary: {shared: false}}}\n`);
    expect([together(out).search, notes(out)]).toEqual([[], []]);
    const between = planned(three, shared, { payments: "2.0.0" });
    expect([together(between), notes(between)]).toEqual([
      { orders: ["search"], payments: [], search: ["orders"] },
      [],
    ]);
  });

  test("one in the middle that goes on its own parts its neighbours", () => {
    const made = planned(three, `${shared}services: {payments: {strategy: bluegreen}}\n`);
    expect(together(made)).toEqual({ orders: [], payments: [], search: [] });
    expect(notes(made)).toEqual([
      "warning config.no-effect `canary.shared` has no effect here: payments goes on its own, as it goes out by bluegreen; search goes on its own, as payments, just before it, goes on its own.",
    ]);
  });

  test("tiers are not mixed, and where there is nobody to go with the key has no effect", () => {
    const made = planned(serviceLine("orders") + serviceLine("web", ", tier: ui"), shared);
    expect(together(made)).toEqual({ orders: [], web: [] });
    expect(notes(made)).toEqual([
      "warning config.no-effect `canary.shared` has no effect here: no two services of one tier change that ask for it.",
    ]);
    const rolling = planned(
      three,
      `${shared}services: {orders: {strategy: rolling}, payments: {strategy: rolling}, search: {strategy: rolling}}\n`,
    );
    expect(notes(rolling)).toEqual([
      expect.stringMatching(/^warning config\.no-effect `canary\.shared` has no effect here: orders goes/),
    ]);
    expect(notes(planned(three, shared, {}, { services: ["orders"] }))).toEqual([]);
    expect(notes(planned(three, shared, { orders: null, payments: null, search: null }))).toEqual([]);
  });
});
