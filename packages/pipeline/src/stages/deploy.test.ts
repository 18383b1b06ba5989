import { join } from "node:path";
import { createJournal } from "@sluice/journal";
import { fileJournalStore } from "@sluice/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { withLock } from "../lock.ts";
import { formatStatus, statusOf } from "../status.ts";
import { testProject } from "../testing/project.ts";
import { buildStage } from "./build.ts";
import { deployedServices, deployStage } from "./deploy.ts";
import { planStage } from "./plan.ts";

const project = testProject(
  {
    ".deploy/project.yaml": `name: shop
services:
  - { name: web, path: web, tier: ui, dependsOn: [orders, mail], command: [node, service.mjs] }
  - { name: orders, path: orders, command: [node, service.mjs] }
  - { name: mail, path: orders, command: [node, service.mjs] }
`,
    ".deploy/test-config.yaml": `environment: test
target: local
strategy: recreate
healthCheck: { path: /health, interval: 200ms, retries: 50 }
services:
  web: { environment: { MAIL_URL: "http://mail.example" } }
`,
  },
  ["orders", "web"],
);
let context: Context;
beforeAll(async () => {
  context = await project.open("test");
  const built = await buildStage(context, { version: "1.0.0" });
  expect(built.status, built.summary).toBe("succeeded");
});
afterAll(() => project.remove());

describe("a deployment of services that need one another", () => {
  test("goes in the order of the tiers, and each finds what it depends on in its environment (R224)", async () => {
    const deployed = await deployStage(context, { version: "1.0.0" });
    expect(deployed.status, deployed.summary).toBe("succeeded");
    expect(Object.keys(deployedServices(deployed).statuses)).toEqual(["orders", "mail", "web"]);
    const { url } = await context.target.target.observe("web");
    expect(await (await fetch(url!)).text()).toBe("web 1.0.0 of orders 1.0.0");
  });

  test("leaves alone what the configuration says itself", async () => {
    const orders = (await context.target.target.observe("orders")).url;
    const { url } = await context.target.target.observe("web");
    const given = await (await fetch(`${url}/environment`)).json();
    expect(given).toEqual({ ORDERS_URL: orders, MAIL_URL: "http://mail.example" });
  });

  test("asked for again, does nothing", async () => {
    const again = await deployStage(context, { version: "1.0.0" });
    expect(again).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
  });

  test("refuses a release that is another version than was asked for", async () => {
    const refused = await deployStage(context, { version: "2.0.0" });
    expect(refused).toMatchObject({ status: "failed", reasonCode: "deploy.no-release" });
    expect(refused.summary).toBe("out/release.json is release 1.0.0, and 2.0.0 was asked for.");
  });
});

describe("the status of an environment", () => {
  test("names what runs, where, and that nobody holds the lock", async () => {
    const status = await statusOf(context);
    expect(status).toMatchObject({ environment: "test", lock: null });
    const { url } = await context.target.target.observe("orders");
    expect(formatStatus(status)).toContain(`orders  1.0.0  ${url}\n  1.0.0            100 %  1/1 ready\n`);
  });

  test("names who holds the lock, since when and until when", async () => {
    const { lock } = await withLock(context, () => statusOf(context));
    expect(lock?.owner).toContain(`process ${process.pid}`);
    expect(Date.parse(lock!.until)).toBeGreaterThan(Date.parse(lock!.since));
    const held = await withLock(context, () => statusOf(context));
    expect(formatStatus(held)).toContain(`  lock      ${held.lock!.owner}, since ${held.lock!.since}`);
    expect((await statusOf(context)).lock).toBeNull();
  });

  test("says how the last run ended that did more than to plan or report", async () => {
    const next = await project.open("test");
    await planStage(next, { version: "1.0.0" });
    const { lastRun } = await statusOf(next);
    expect(lastRun).toMatchObject({ run: context.run, version: "1.0.0", status: "failed" });
  });

  test("tells a run that works from one that ended without a word", async () => {
    const run = "killed";
    const store = fileJournalStore(join(context.state, "journal.jsonl"));
    const journal = createJournal({ store, run, environment: "test", clock: context.clock });
    await journal.append("run.started", { version: "2.0.0" });
    expect((await statusOf(context)).lastRun).toMatchObject({ run, status: "unfinished", finishedAt: null });
    const lock = await journal.lock({ owner: "anna", ttlSeconds: 60 });
    const status = await statusOf(context);
    expect(status.lastRun).toMatchObject({ run, status: "running" });
    expect(formatStatus(status)).toContain("  last run  2.0.0, running\n  lock      anna, since ");
    await lock.release();
  });

  test("shows a rollout that is under way with its step", async () => {
    await context.target.target.apply({
      type: "record",
      service: "orders",
      record: {
        ...{ id: "orders/2.0.0/x", from: "1.0.0", to: "2.0.0", strategy: "canary", phase: "stepping" },
        ...{ step: 1, stepStartedAt: 1, startedAt: 1 },
      } as const,
    });
    expect(formatStatus(await statusOf(context))).toContain(
      "  rollout   1.0.0 -> 2.0.0, canary, stepping, step 2\n",
    );
  });
});
