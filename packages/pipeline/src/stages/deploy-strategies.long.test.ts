import type { Result } from "@sluice/documents";
import type { Observation } from "@sluice/ports";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { Context } from "../context.ts";
import { type TestProject, testProject } from "../testing/project.ts";
import { buildStage } from "./build.ts";
import { deployStage } from "./deploy.ts";
import { planStage } from "./plan.ts";

// Each test starts and ends a dozen processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const projects: TestProject[] = [];
afterAll(async () => {
  for (const project of projects) await project.remove();
});

/** A project whose service `orders` goes out as the settings say; `web` needs it. */
function shop(settings: string, rest = "") {
  const project = testProject(
    {
      ".deploy/project.yaml": `name: shop
services:
  - { name: orders, path: orders, command: [node, service.mjs] }
  - { name: web, path: web, tier: ui, dependsOn: [orders], command: [node, service.mjs] }
${rest}`,
      ".deploy/test-config.yaml": `environment: test
target: local
healthCheck: { path: /health, interval: 200ms, retries: 50 }
${settings}
`,
    },
    ["orders", "web"],
  );
  projects.push(project);
  return {
    project,
    async deploy(version: string, services = ["orders"]): Promise<{ context: Context; result: Result }> {
      const context = await project.open("test");
      const built = await buildStage(context, { version, services });
      expect(built.status, built.summary).toBe("succeeded");
      return { context, result: await deployStage(context, { version, services }) };
    },
  };
}

const observe = (context: Context) => context.target.target.observe("orders");
const until = (context: Context, check: (seen: Observation) => boolean) =>
  vi.waitFor(
    async () => {
      const seen = await observe(context);
      expect(check(seen), JSON.stringify(seen.rollout)).toBe(true);
      return seen;
    },
    { timeout: 15_000, interval: 50 },
  );

describe("blue-green", () => {
  const tests = `verify:
  tests:
    integration: [node, -e, "const {SLUICE_URL, SLUICE_VERSION, ORDERS_URL} = process.env; if (SLUICE_URL !== ORDERS_URL) process.exit(2); fetch(SLUICE_URL).then((r) => r.text()).then((t) => { console.log(t); process.exit(t.includes(SLUICE_VERSION) && !t.includes('2.0.0') ? 0 : 1); })"]
`;

  test("runs the integration tests against green before the switch; one that fails keeps blue where it is (R232, R233)", async () => {
    const { deploy } = shop(
      "strategy: bluegreen\ntrafficSwitch: { testDuration: 0s, preSwitchTests: [integration] }",
      tests,
    );
    const first = await deploy("1.0.0");
    expect(first.result.status, first.result.summary).toBe("succeeded");
    const second = await deploy("1.1.0");
    expect(second.result.status, second.result.summary).toBe("succeeded");
    const { context, result } = await deploy("2.0.0");
    expect(result).toMatchObject({ status: "failed", reasonCode: "deploy.test-failed" });
    expect(result.summary).toContain("integration");
    expect(await observe(context)).toMatchObject({
      stable: "1.1.0",
      weights: { "1.1.0": 100 },
      rollout: null,
    });
    expect(
      (await context.journal.events()).filter(({ type }) => type === "rollout.weights").at(-1),
    ).toMatchObject({
      data: { weights: { "1.1.0": 100 } },
    });
  });
});

describe("rolling", () => {
  test("checks each batch, and what needs the service, before the next one (R226, R228, R259)", async () => {
    const { deploy } = shop("strategy: rolling\nreplicas: 3");
    const all = await deploy("1.0.0", ["orders", "web"]);
    expect(all.result.status, all.result.summary).toBe("succeeded");
    const { context, result } = await deploy("1.0.1");
    expect(result.status, result.summary).toBe("succeeded");
    const events = (await context.journal.events()).filter(({ run }) => run === context.run);
    const order = events.flatMap((event) =>
      event.type === "rollout.weights"
        ? [`weights ${event.data.weights["1.0.1"]}`]
        : event.type === "verify.check" && event.data.check.includes("health")
          ? [`${event.service} ${event.data.passed}`]
          : [],
    );
    const checked = ["orders true", "web true"];
    for (const weight of [33, 67, 100]) {
      const at = order.indexOf(`weights ${weight}`);
      expect(order.slice(at + 1, at + 3).toSorted(), `${weight} % of ${order}`).toEqual(checked);
    }
  });
});

describe("a canary", () => {
  const settings = `strategy: canary
canary:
  testers: { header: X-Canary, value: "yes" }
  darkLaunch: manual
  sticky: true
  steps: [{ weight: 50, pause: manual }, { weight: 100 }]
  analysis: { interval: 1s }
`;

  test("is for testers until a person promotes it, and keeps the users that it has met (R245, FL-07, AR-28)", async () => {
    const { deploy } = shop(settings);
    const { context } = await deploy("1.0.0");
    const { url } = await observe(context);
    const ask = async (headers: Record<string, string> = {}) => {
      const answer = await fetch(url!, { headers });
      return {
        version: answer.headers.get("x-sluice-version"),
        cookie: answer.headers.getSetCookie()[0],
        text: await answer.text(),
      };
    };
    const promote = async () => {
      const { rollout } = await observe(context);
      await context.target.target.apply({
        type: "request",
        service: "orders",
        request: { rollout: rollout!.id, kind: "promote", step: rollout!.step, by: "ada", at: Date.now() },
      });
    };
    const running = deploy("1.1.0");
    await until(context, ({ rollout, routing }) => rollout?.stepStartedAt != null && routing !== null);
    expect(await ask({ "X-Canary": "yes" })).toMatchObject({ version: "1.1.0", text: "orders 1.1.0" });
    for (let i = 0; i < 10; i++) expect((await ask()).version).toBe("1.0.0");

    await promote();
    await until(context, ({ rollout, weights }) => weights["1.1.0"] === 50 && rollout?.stepStartedAt != null);
    const met = await vi.waitFor(async () => {
      const answer = await ask();
      expect(answer.version).toBe("1.1.0");
      return answer;
    });
    const Cookie = met.cookie!.split(";")[0]!;
    for (let i = 0; i < 10; i++) expect((await ask({ Cookie })).version).toBe("1.1.0");

    await promote();
    const { result } = await running;
    expect(result.status, result.summary).toBe("succeeded");
    expect((await ask({ Cookie })).cookie).toContain("Max-Age=0");
    expect(await observe(context)).toMatchObject({ routing: null, request: null, rollout: null });
    const asked = (await context.journal.events()).flatMap((event) =>
      event.type === "rollout.request" ? [event.data.kind, event.data.obeyed] : [],
    );
    expect(asked).toEqual(["promote", true, "promote", true]);
  });

  test("comes back without steps within the rollback window, and the plan says so (AR-26)", async () => {
    const { deploy, project } = shop("strategy: recreate");
    await deploy("1.0.0");
    await deploy("1.1.0");
    project.write({
      ".deploy/test-config.yaml": `environment: test
target: local
strategy: canary
rollbackWindow: 1
healthCheck: { path: /health, interval: 200ms, retries: 50 }
canary: { steps: [{ weight: 50, pause: manual }, { weight: 100 }] }
`,
    });
    const context = await project.open("test");
    const planned = await planStage(context, { version: "1.0.0", services: ["orders"] });
    expect(planned.problems).toContainEqual(expect.objectContaining({ reasonCode: "plan.steps-skipped" }));
    const { result } = await deploy("1.0.0");
    expect(result.status, result.summary).toBe("succeeded");
    expect(result.details?.stage === "deploy" && result.details.services[0]?.message).toContain(
      "within the rollback window it comes back without steps and analysis",
    );
  });
});

describe("auto", () => {
  test("goes by the size of the change, and the plan says why (R079–R081, C23)", async () => {
    const { deploy, project } = shop(
      "strategy: auto\ntrafficSwitch: { testDuration: 0s }\ncanary: { steps: [{ weight: 100 }] }",
    );
    const strategies: string[] = [];
    for (const version of ["1.0.0", "1.0.1", "1.1.0", "2.0.0"]) {
      const plan = await planStage(await project.open("test"), { version, services: ["orders"] });
      const planned = plan.details?.stage === "plan" ? plan.details.plan.services[0] : undefined;
      const { result } = await deploy(version);
      expect(result.status, result.summary).toBe("succeeded");
      const [deployed] = result.details?.stage === "deploy" ? result.details.services : [];
      expect(planned?.strategy).toBe(deployed?.strategy);
      strategies.push(`${deployed?.strategy}: ${planned?.why}`);
    }
    expect(strategies).toEqual([
      expect.stringMatching(/^rolling: it is the first version here.*only verified$/),
      "rolling: 1.0.0 to 1.0.1 is a patch change",
      "canary: 1.0.1 to 1.1.0 is a minor change",
      "bluegreen: 1.1.0 to 2.0.0 is a major change",
    ]);
  });
});
