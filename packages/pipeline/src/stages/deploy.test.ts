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
import { rollbackStage } from "./rollback.ts";

const project = testProject(
  {
    ".deploy/project.yaml": `name: shop
services:
  - { name: web, path: web, tier: ui, dependsOn: [orders, mail], command: [node, service.mjs] }
  - { name: orders, path: orders, command: [node, service.mjs] }
  - { name: mail, path: orders, command: [node, service.mjs], secrets: [MAIL_TOKEN] }
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
let opened = 0;
/** Each time as another run. */
const open = () =>
  project.open("test", {
    variables: {
      PATH: process.env.PATH,
      MAIL_TOKEN: "mail-4711-token",
      GITHUB_ACTIONS: "true",
      GITHUB_RUN_ID: String(++opened),
    },
  });
let context: Context;
beforeAll(async () => {
  context = await open();
  const built = await buildStage(context, { version: "1.0.0" });
  expect(built.status, built.summary).toBe("succeeded");
});
afterAll(() => project.remove());

describe("a deployment of services that need one another", () => {
  test("goes in the order of the tiers, and each finds what it depends on in its environment (R134, R224, R225)", async () => {
    const deployed = await deployStage(context, { version: "1.0.0" });
    expect(deployed.status, deployed.summary).toBe("succeeded");
    expect(Object.keys(deployedServices(deployed).statuses)).toEqual(["orders", "mail", "web"]);
    const { url } = await context.target.target.observe("web");
    expect(await (await fetch(url!)).text()).toBe("web 1.0.0 of orders 1.0.0");
  });

  test("leaves alone what the configuration says itself (R217)", async () => {
    const orders = (await context.target.target.observe("orders")).url;
    const { url } = await context.target.target.observe("web");
    const given = await (await fetch(`${url}/environment`)).json();
    expect(given).toEqual({ ORDERS_URL: orders, MAIL_URL: "http://mail.example" });
  });

  test("asked for again, does nothing", async () => {
    const again = await deployStage(context, { version: "1.0.0" });
    expect(again).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
  });

  test("after a reboot is started again by the same command, with the secrets that only it knows", async () => {
    await context.target.stop();
    await planStage(await open(), { version: "1.0.0" });
    await rollbackStage(await open(), { dryRun: true, reason: "none" });
    expect((await statusOf(context)).services.flatMap(({ url }) => url ?? [])).toEqual([]);

    const again = await deployStage(await open(), { version: "1.0.0" });
    expect(again, again.summary).toMatchObject({ status: "succeeded", reasonCode: "deploy.unchanged" });
    const { url } = await context.target.target.observe("web");
    expect(await (await fetch(url!)).text()).toBe("web 1.0.0 of orders 1.0.0");
  });

  test("refuses a release that is another version than was asked for (R058)", async () => {
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
    const before = (await statusOf(context)).lastRun;
    expect(before).toMatchObject({ stages: ["deploy"], status: "succeeded" });
    await planStage(await open(), { version: "1.0.0" });
    expect((await statusOf(context)).lastRun).toEqual(before);
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
      "  rollout   1.0.0 -> 2.0.0, canary, stepping, step 2 of 4 (25 %), for ",
    );
  });
});
