import type { Result } from "@sluice/documents";
import type { Progress } from "@sluice/ports";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Context } from "./context.ts";
import { buildStage } from "./stages/build.ts";
import { deployStage } from "./stages/deploy.ts";
import { planStage } from "./stages/plan.ts";
import { testProject } from "./testing/project.ts";

// Each test starts and ends a dozen processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

/** It fails every other request in the version that its second argument names, and all smoke checks but the first in 4.0.0. */
const service = `import { createServer } from "node:http";
const [name, bad] = process.argv.slice(2);
const { PORT, DEPLOYMENT_VERSION: version } = process.env;
let [count, checks] = [0, 0];
const server = createServer((request, response) => {
  const isSmoke = request.url === "/smoke" && version === "4.0.0" && checks++ > 0;
  const isBad = isSmoke || (request.url === "/" && version === bad && count++ % 2);
  response.statusCode = isBad ? 500 : 200;
  response.setHeader("x-deployment-version", version);
  const page = 'deployment_version{version="' + version + '"} 1\\n';
  response.end(request.url === "/metrics" ? page : name + " " + version);
});
server.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => server.close());
`;
const project = testProject({
  "shop/service.mjs": service,
  ".deploy/project.yaml": `name: shop
services:
  - { name: orders, path: shop, command: [node, service.mjs, orders, 6.0.0] }
  - { name: payments, path: shop, command: [node, service.mjs, payments, 3.0.0], smoke: [{ name: it answers more than once, path: /smoke }] }
  - { name: search, path: shop, command: [node, service.mjs, search] }
  - { name: web, path: shop, tier: ui, command: [node, service.mjs, web] }
`,
  ".deploy/test-config.yaml": `environment: test
target: local
strategy: canary
keepOldFor: 0s
healthCheck: { path: /health, interval: 200ms, retries: 50 }
canary:
  shared: true
  steps: [{ weight: 25, pause: 2s }, { weight: 50, pause: 1s }, { weight: 100 }]
  analysis: { interval: 500ms, warmUp: 0s, noData: promote, maxHold: 1s }
services:
  search: { strategy: recreate }
`,
});
const shared = ["orders", "payments"];
let runs = 0;
let said: Progress[] = [];
const open = (options: { signal?: AbortSignal } = {}) => {
  said = [];
  return project.open("test", {
    ...options,
    onProgress: (progress) => void said.push(progress),
    variables: { PATH: process.env.PATH, GITHUB_ACTIONS: "true", GITHUB_RUN_ID: String(++runs) },
  });
};
let context: Context;

async function deploy(version: string, options?: { signal?: AbortSignal }): Promise<Result> {
  context = await open();
  const built = await buildStage(context, { version });
  expect(built.status, built.summary).toBe("succeeded");
  context = await open(options);
  return deployStage(context, { version });
}

const seen = (name: string) => context.target.target.observe(name);
const stables = () =>
  Promise.all([...shared, "search", "web"].map(async (name) => (await seen(name)).stable));
const services = ({ details }: Result) =>
  details?.stage === "deploy"
    ? details.services.map(({ name, status, reasonCode }) => `${name} ${status} ${reasonCode}`)
    : [];

/** The shares of a version that the journal tells of this run: `orders 25`. */
const shares = async (version: string): Promise<string[]> =>
  (await context.journal.events()).flatMap((event) =>
    event.type === "rollout.weights" && event.run === context.run
      ? [`${event.service} ${event.data.weights[version] ?? 0}`]
      : [],
  );

/** Users of the two services, until it is called again; what they were answered. */
let stop: (() => Promise<void>) | null = null;
async function withUsers(): Promise<void> {
  let isOver = false;
  const use = async (name: string): Promise<void> => {
    const { url } = await seen(name);
    while (!isOver) {
      await Promise.all(Array.from({ length: 5 }, () => fetch(url!).then((answer) => answer.text())));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  const users = shared.map(use);
  stop = async () => {
    isOver = true;
    await Promise.all(users);
  };
}

beforeAll(async () => {
  const first = await deploy("1.0.0");
  expect(first.status, first.summary).toBe("succeeded");
});
afterEach(async () => {
  await stop?.();
  stop = null;
});
afterAll(() => project.remove());

describe("services of a tier that take their canary steps together", () => {
  test("are said in the plan, and go from weight to weight in step, while the others go on their own (R224, R225)", async () => {
    context = await open();
    const planned = await planStage(context, { version: "2.0.0" });
    const text = said.map((one) => ("text" in one ? one.text : "")).join("\n");
    expect(text).toContain("orders and payments take their canary steps together.");
    expect(planned.problems).toContainEqual(
      expect.objectContaining({
        reasonCode: "plan.steps-apart",
        message: "search does not take its steps together with others: it goes out by recreate.",
      }),
    );
    await withUsers();
    const result = await deploy("2.0.0");
    expect(result.status, result.summary).toBe("succeeded");
    expect(services(result)).toEqual(
      [...shared, "search", "web"].map((name) => `${name} succeeded deploy.promoted`),
    );
    const told = await shares("2.0.0");
    const rows = [25, 50, 100].map((weight) => shared.map((name) => `${name} ${weight}`));
    expect([0, 2, 4].map((row) => told.slice(row, row + 2).toSorted())).toEqual(rows);
    expect(told.slice(6).map((one) => one.split(" ")[0])).toEqual(["search", "web", "web", "web"]);
    const words = said.flatMap((one) => (one.type === "message" ? [one.text] : []));
    expect(words).toContain("orders and payments take their canary steps together.");
    expect(words.filter((one) => one.includes("search does not take its steps together"))).toHaveLength(1);
  });

  test("go back together when one of them is bad, and the tiers after them do not begin (R224, R228)", async () => {
    await withUsers();
    const result = await deploy("3.0.0");
    expect(services(result)).toEqual([
      "orders rolled_back deploy.partner-failed",
      "payments rolled_back deploy.rolled-back",
    ]);
    expect(result).toMatchObject({ status: "rolled_back", reasonCode: "deploy.rolled-back" });
    expect(result.summary).toMatch(/^payments: /);
    expect(await stables()).toEqual(["2.0.0", "2.0.0", "2.0.0", "2.0.0"]);
    for (const name of shared) expect((await seen(name)).weights).toEqual({ "2.0.0": 100 });
  });

  test("one that fails its checks with all of the traffic takes the promoted others back (R229)", async () => {
    const result = await deploy("4.0.0");
    expect(services(result)).toEqual([
      "orders rolled_back deploy.rolled-back",
      expect.stringMatching(/^payments (failed|rolled_back) /),
    ]);
    expect(await stables()).toEqual(["2.0.0", "2.0.0", "2.0.0", "2.0.0"]);
  });

  test("a run that is stopped brings the traffic of all of them back, and another one begins anew", async () => {
    const controller = new AbortController();
    const running = deploy("5.0.0", { signal: controller.signal });
    await vi.waitFor(
      async () => {
        for (const name of shared) expect((await seen(name)).weights["5.0.0"]).toBeGreaterThan(0);
      },
      { timeout: 60_000, interval: 50 },
    );
    controller.abort(new Error("SIGINT"));
    const result = await running;
    expect(result.status).toBe("cancelled");
    expect(await stables()).toEqual(["2.0.0", "2.0.0", "2.0.0", "2.0.0"]);
    for (const name of shared) expect((await seen(name)).weights).toEqual({ "2.0.0": 100 });
    const again = await deploy("5.0.0");
    expect(again.status, again.summary).toBe("succeeded");
    expect(await stables()).toEqual(["5.0.0", "5.0.0", "5.0.0", "5.0.0"]);
  });

  test("one that an earlier run has promoted before it was killed goes back with the one that turns out bad", async () => {
    context = await open();
    const built = await buildStage(context, { version: "6.0.0" });
    expect(built.status, built.summary).toBe("succeeded");
    const killed = await open();
    // A run that promotes the second service and is never heard of again.
    const silent: Context = {
      ...killed,
      journal: {
        ...killed.journal,
        append: async (type, data, name) =>
          type.startsWith("stage.") ? ({ type, data } as never) : killed.journal.append(type, data, name),
      },
    };
    const first = await deployStage(silent, { version: "6.0.0", services: ["payments"] });
    expect(first.status, first.summary).toBe("succeeded");
    context = await open();
    await withUsers();
    const result = await deployStage(context, { version: "6.0.0" });
    expect(services(result)).toEqual([
      "orders rolled_back deploy.rolled-back",
      "payments rolled_back deploy.rolled-back",
    ]);
    expect(await stables()).toEqual(["5.0.0", "5.0.0", "5.0.0", "5.0.0"]);
  });
});
