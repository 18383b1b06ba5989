import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { testProject } from "../testing/project.ts";
import { buildStage } from "./build.ts";
import { deployStage } from "./deploy.ts";
import { rollbackStage } from "./rollback.ts";

const environmentFile = (mail: string) => `environment: test
target: local
strategy: rolling
healthCheck: { path: /health, interval: 200ms, retries: 50 }
services: { orders: { environment: { MAIL_URL: "${mail}" } } }
`;
const project = testProject(
  {
    ".deploy/project.yaml": `name: shop
services:
  - name: orders
    path: orders
    command: [node, service.mjs]
    smoke: [{ name: it answers, path: /, contains: orders }]
`,
    ".deploy/test-config.yaml": environmentFile("http://first.example"),
  },
  ["orders"],
);
let context: Context;

async function release(version: string): Promise<void> {
  context = await project.open("test");
  await buildStage(context, { version });
  const result = await deployStage(context, { version });
  expect(result.status, result.summary).toBe("succeeded");
}
async function configuration(): Promise<unknown> {
  const { url } = await context.target.target.observe("orders");
  return (await fetch(`${url}/environment`)).json();
}

beforeAll(async () => {
  await release("1.0.0");
  project.write({ ".deploy/test-config.yaml": environmentFile("http://second.example") });
  await release("2.0.0");
});
afterAll(() => project.remove());

describe("a rollback", () => {
  test("brings the version before back with the configuration that it had (R165, R370)", async () => {
    expect(await configuration()).toEqual({ MAIL_URL: "http://second.example" });
    const result = await rollbackStage(context, { reason: "orders lose their mail" });
    expect(result).toMatchObject({ status: "rolled_back", details: { services: [{ to: "1.0.0" }] } });
    expect(await configuration()).toEqual({ MAIL_URL: "http://first.example" });
    expect(result.details?.stage === "rollback" && result.details.checks).toMatchObject([
      { kind: "health", passed: true },
      { kind: "version", passed: true },
      { kind: "metrics", passed: true },
      { kind: "smoke", passed: true },
    ]);
  });

  test("is in the journal with its reason and what it was checked by (R373, R374, R384)", async () => {
    const events = await context.journal.events();
    const finished = events.findLast(({ type }) => type === "rollout.finished");
    expect(finished?.data).toMatchObject({
      status: "rolled_back",
      summary: expect.stringContaining("orders lose their mail"),
    });
    expect(events.findLast(({ type }) => type === "rollback.decided")?.data).toMatchObject({
      ...{ reason: "orders lose their mail", from: "2.0.0", to: "1.0.0", verdict: null },
      database: { decision: "none" },
    });
    const checks = events.flatMap((event) => (event.type === "verify.check" ? [event.data.check] : []));
    expect(checks).toContain('orders: smoke "it answers"');
  });

  test("once more is refused: the version before is the one that was taken away; by name it can be had", async () => {
    const refused = await rollbackStage(await project.open("test"), { reason: "in a panic" });
    expect(refused).toMatchObject({ status: "failed", reasonCode: "rollback.of-rollback" });
    expect(await configuration()).toEqual({ MAIL_URL: "http://first.example" });
    const named = await rollbackStage(await project.open("test"), { to: "2.0.0", reason: "it was the mail" });
    expect(named).toMatchObject({ status: "rolled_back", details: { services: [{ to: "2.0.0" }] } });
  });

  test("is watched afterwards for the time that is configured, and says what was seen (R374, R375, R376)", async () => {
    const watched = `${environmentFile("http://second.example")}watch: { interval: 100ms, afterRollback: 500ms }\n`;
    project.write({ ".deploy/test-config.yaml": watched });
    const result = await rollbackStage(await project.open("test"), { to: "1.0.0", reason: "it was not" });
    expect(result, result.summary).toMatchObject({ status: "rolled_back", reasonCode: "rollback.verified" });
    expect(result.summary).toMatch(
      /All traffic is back and verified: orders 1\.0\.0\. Nothing was wrong for \d s\.$/,
    );
    expect(result.details).toMatchObject({ watch: { services: [{ name: "orders" }] } });
  });
});
