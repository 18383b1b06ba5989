/** What a person says of one run in the inputs of the actions: of what kind the change is, and what is done all the same. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Result } from "../../packages/documents/src/result.ts";
import { type RunningPostgres, startPostgres } from "../../packages/testing/src/postgres.ts";
import { runStep, type StepRun } from "../../packages/testing/src/runner.ts";
import { expectOnly, recorded } from "../acceptance/support/customers.ts";
import { actionFolder } from "../acceptance/support/dist.ts";
import { makeProject, type Project } from "../acceptance/support/project.ts";

let postgres: RunningPostgres;
let alerts: Server;
/** Critical alerts that fire at the Prometheus of this project. */
let firing: string[] = [];
let project: Project;

beforeAll(async () => {
  postgres = await startPostgres();
  alerts = createServer((_, response) => {
    const list = firing.map((alertname) => ({
      labels: { alertname, severity: "critical" },
      state: "firing",
    }));
    response.end(JSON.stringify({ status: "success", data: { alerts: list } }));
  });
  await new Promise<void>((done) => alerts.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(alerts.address() as AddressInfo).port}`;
  project = await makeProject({
    environment: { strategy: "auto" },
    project: { database: { migrations: "migrations" } },
  });
  await project.set("test", { "canary.analysis.alerts": { url }, "canary.analysis.maxHold": "500ms" });
  project.variables.DATABASE_URL = postgres.url;
  await project.write({
    "migrations/V1__create_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n",
  });
  await project.commit();
});
afterAll(async () => {
  await project.remove();
  alerts.close();
  await postgres.stop();
});

const step = (name: string, inputs: Record<string, string>, env: Record<string, string> = {}) =>
  runStep(actionFolder(name), {
    workspace: project.directory,
    env: { ...project.variables, ...env },
    inputs: { environment: "test", "state-directory": project.state, ...inputs },
    runId: inputs.version ?? "1",
  });
const build = async (version: string): Promise<void> =>
  expect((await step("build", { version })).outputs.status).toBe("succeeded");
const endOf = ({ exitCode, outputs }: StepRun) => [exitCode, outputs.reason_code];
const saidBy = ({ annotations }: StepRun): string => annotations.map(({ message }) => message).join("\n");
const strategyOf = ({ outputs }: StepRun): string | undefined => {
  const { details } = Result.parse(JSON.parse(outputs.result!));
  if (details?.stage === "plan") return details.plan.services[0]!.strategy;
  return details?.stage === "deploy" ? details.services[0]!.strategy : undefined;
};

describe("`despite-alerts` (R273)", () => {
  test("deploy-canary does not begin while a critical alert fires, and does when it is told to", async () => {
    firing = ["CheckoutDown"];
    await build("1.0.0");
    const held = await step("deploy-canary", { version: "1.0.0" });
    expect(endOf(held)).toEqual([1, "deploy.held"]);
    expect(saidBy(held)).toContain("the input `despite-alerts`");
    expect(await recorded(project)).toBeUndefined();
    const begun = await step("deploy-canary", { version: "1.0.0", "despite-alerts": "true" });
    expect(endOf(begun)).toEqual([0, "deploy.promoted"]);
    await expectOnly(project, "1.0.0");
  });

  test.each([
    ["deploy", "1.0.1", {}],
    ["pipeline", "1.0.2", { stages: "build, deploy" }],
  ])("%s neither", async (name, version, more) => {
    await build(version);
    const inputs = { version, labels: "strategy:recreate", ...more };
    expect(endOf(await step(name, inputs))).toEqual([1, "deploy.held"]);
    const begun = await step(name, { ...inputs, "despite-alerts": "true" });
    expect(endOf(begun)).toEqual([0, "deploy.promoted"]);
    await expectOnly(project, version);
  });
});

describe("`labels` (R081, C23)", () => {
  test("plan and deploy go by them, before the versions and before SLUICE_LABELS", async () => {
    firing = [];
    const version = "1.0.3";
    await build(version);
    expect(strategyOf(await step("plan", { version }))).toBe("rolling");
    expect(strategyOf(await step("plan", { version, labels: "change:major" }))).toBe("bluegreen");
    const run = await step(
      "deploy",
      { version, labels: "bug\nstrategy:recreate" },
      { SLUICE_LABELS: "change:major" },
    );
    expect([...endOf(run), strategyOf(run)]).toEqual([0, "deploy.promoted", "recreate"]);
  });

  test("the action in the root goes by them too", async () => {
    const inputs = { version: "2.0.0", stages: "build, migrate, deploy", labels: "strategy:recreate" };
    const run = await step("pipeline", inputs);
    expect([...endOf(run), strategyOf(run)]).toEqual([0, "deploy.promoted", "recreate"]);
  });
});

test("`accept-contract`: rollback does not go back over a migration that took something away, unless it is told to", async () => {
  await project.write({
    "migrations/V2__drop_note.sql":
      "-- sluice:allow drop-column nobody reads it\nALTER TABLE orders DROP COLUMN note;\n",
  });
  const inputs = { version: "2.0.1", stages: "build, migrate, deploy", labels: "strategy:recreate" };
  expect(endOf(await step("pipeline", inputs))).toEqual([0, "deploy.promoted"]);
  const refused = await step("rollback", {});
  expect(endOf(refused)).toEqual([1, "rollback.contract-applied"]);
  expect(saidBy(refused)).toContain("the input `accept-contract`");
  await expectOnly(project, "2.0.1");
  const back = await step("rollback", { "accept-contract": "true" });
  expect(endOf(back)).toEqual([0, "rollback.verified"]);
  await expectOnly(project, "2.0.0");
});
