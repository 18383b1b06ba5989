import { expect, test } from "vitest";
import { blockersOf, makePlan } from "./plan.ts";
import { sizeOfChange, strategyForChange } from "./strategy.ts";
import { environmentOf, plan, release } from "./testing/example.ts";

test.each([
  ["1.4.2", "2.0.0", "bluegreen", /major/],
  ["1.4.2", "1.5.0", "canary", /minor/],
  ["1.4.2", "1.4.3", "rolling", /patch/],
  ["v1.4.2", "v1.5.0", "canary", /minor/],
  ["2.0.0", "1.4.2", "bluegreen", /major/],
  ["1.4.2", "2.0.0-rc.1", "bluegreen", /major/],
  ["2.0.0-rc.1", "2.0.0-rc.2", "rolling", /patch/],
  ["1.4.2", "1.4.2+build.7", "rolling", /patch/],
  ["0.4.2", "0.5.0", "canary", /minor/],
  ["0.4.2", "0.4.3", "rolling", /patch/],
  ["20261121-1", "1.0.0", "canary", /cannot be told/],
  ["3f2a91c", "9bd01ee", "canary", /cannot be told/],
  ["1.0.0", "1.0.0", "rolling", /runs already/],
])("auto: from %s to %s goes out by %s (R079–R081, C23)", (from, to, strategy, reason) => {
  const chosen = strategyForChange(from, to);
  expect(chosen.strategy).toBe(strategy);
  expect(chosen.reason).toMatch(reason);
});

test("auto: the first version is only verified, and it is said so (C23)", () => {
  expect(strategyForChange(null, "3.0.0").reason).toMatch(/first version.*only verified/);
});

test.each([
  [["strategy:bluegreen"], "bluegreen"],
  [["bug", "change:major"], "bluegreen"],
  [["change:minor", "strategy:rolling"], "canary"],
  [["change:huge"], "rolling"],
])("auto: labels %j are stronger than the versions (C23)", (labels, strategy) => {
  expect(strategyForChange("1.0.0", "1.0.1", labels).strategy).toBe(strategy);
});

test("the size of a change is the same in both directions", () => {
  expect(sizeOfChange("1.2.3", "1.3.0")).toBe(sizeOfChange("1.3.0", "1.2.3"));
});

test("a plan names the strategy of each service and why it was chosen (R079–R081)", () => {
  const environment = environmentOf("strategy: auto\nreplicas: 2\nservices: {web: {strategy: recreate}}");
  const running = { catalog: { version: "2.0.9" }, orders: { version: "1.9.0" }, web: { version: "2.0.0" } };
  const made = plan({ environment, running });
  expect(made.services.map(({ name, strategy, why }) => [name, strategy, why])).toEqual([
    ["catalog", "canary", "2.0.9 to 2.1.0 is a minor change"],
    ["orders", "bluegreen", "1.9.0 to 2.1.0 is a major change"],
    ["web", "recreate", undefined],
  ]);
  expect(blockersOf(made)).toEqual([]);
});

test("a strategy that is asked for takes the place of auto", () => {
  const environment = environmentOf("strategy: auto");
  const made = makePlan({ ...release, environment, request: { ...release.request, strategy: "recreate" } });
  expect(made.plan.services.map(({ strategy, why }) => [strategy, why])).toEqual(
    Array(3).fill(["recreate", undefined]),
  );
});

test("auto may be asked for in place of the configured strategy", () => {
  const environment = environmentOf("strategy: recreate");
  const made = makePlan({ ...release, environment, request: { ...release.request, strategy: "auto" } });
  expect(made.plan.services.map(({ strategy }) => strategy)).toEqual(Array(3).fill("canary"));
});
