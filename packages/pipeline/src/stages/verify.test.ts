import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Check, Result } from "@sluice/documents";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { testProject } from "../testing/project.ts";
import { buildStage } from "./build.ts";
import { deployStage } from "./deploy.ts";
import { verifyStage } from "./verify.ts";

/** Writes what the page of the system says into a file: a test that needs the whole of it. */
const integration = `fetch(process.env.WEB_URL).then((answer) => answer.text())
  .then((text) => require("node:fs").writeFileSync("seen.txt", text))`;
const projectFile = `name: shop
services:
  - { name: orders, path: orders, command: [node, service.mjs] }
  - { name: web, path: web, tier: ui, dependsOn: [orders], command: [node, service.mjs] }
verify:
  smoke: [{ name: the page knows the orders, service: web, path: /, contains: of orders 1.0.0 }]
  tests:
    integration: [node, -e, ${JSON.stringify(integration)}]
    load: [sh, -c, "echo 'p99 is 900 ms' >&2; exit 3"]
  script: [sh, -c, 'echo "checked $SLUICE_ENVIRONMENT" > script.txt']
`;
const environmentFile = (name: string, tests: string, more = "") => `environment: ${name}
target: local
strategy: recreate
healthCheck: { path: /health, interval: 200ms, retries: 50 }
postDeploymentTests: [${tests}]
${more}`;

const project = testProject(
  {
    ".deploy/project.yaml": projectFile,
    ".deploy/staging-config.yaml": environmentFile("staging", "smoke, integration"),
    ".deploy/apart-config.yaml": environmentFile(
      "apart",
      "smoke",
      'services: { web: { environment: { ORDERS_URL: "data:,nobody" } } }\n',
    ),
  },
  ["orders", "web"],
);
beforeAll(async () => {
  const built = await buildStage(await project.open("staging"), { version: "1.0.0" });
  expect(built.status, built.summary).toBe("succeeded");
});
afterAll(() => project.remove());

async function deployed(name: string): Promise<Context> {
  const context = await project.open(name);
  const result = await deployStage(context, { version: "1.0.0" });
  expect(result.status, result.summary).toBe("succeeded");
  return context;
}
const checksOf = ({ details }: Result): Check[] => (details?.stage === "verify" ? details.checks : []);
const written = (file: string) => readFileSync(join(project.directory, file), "utf8");

describe("the verification of an environment", () => {
  test("runs the tests that it names and the script of the project, against what is deployed (R095, R122, R326, R333, R336)", async () => {
    const result = await verifyStage(await deployed("staging"), {});
    expect(result.status, result.summary).toBe("succeeded");
    const scripts = checksOf(result).filter(({ kind }) => kind === "script");
    expect(scripts).toMatchObject([{ name: 'script "integration"', passed: true }, { passed: true }]);
    expect(written("seen.txt")).toBe("web 1.0.0 of orders 1.0.0");
    expect(written("script.txt")).toBe("checked staging\n");
  });

  test("fails with a test that fails, and shows what it said (R095, R327)", async () => {
    project.write({ ".deploy/staging-config.yaml": environmentFile("staging", "integration, load") });
    const result = await verifyStage(await project.open("staging"), {});
    expect(result).toMatchObject({ status: "failed", reasonCode: "verify.script-failed" });
    expect(checksOf(result).filter(({ passed }) => !passed)).toMatchObject([{ name: 'script "load"' }]);
    expect(result.problems[0]?.remedy).toContain("p99 is 900 ms");
  });

  test("finds services that are well each by itself and do not reach one another (R124, R304, R325)", async () => {
    const result = await verifyStage(await deployed("apart"), {});
    expect(result.status).toBe("failed");
    expect(checksOf(result).filter(({ passed }) => !passed)).toMatchObject([
      { service: "web", kind: "smoke", message: expect.stringContaining("web 1.0.0 of nobody") },
    ]);
  });
});
