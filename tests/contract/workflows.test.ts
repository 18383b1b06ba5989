// biome-ignore-all lint/suspicious/noTemplateCurlyInString: workflows are text here
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { pins } from "./pins.ts";
import { root } from "./repository.ts";
import { diagnose, evaluate } from "./workflow-language.ts";
import { loadWorkflows, needsOf, type Workflow } from "./workflow-model.ts";
import { rules, type World } from "./workflow-rules.ts";

const workflows = await loadWorkflows();
const named = (name: string): Workflow => {
  const found = workflows.find(({ path }) => path === `.github/workflows/${name}.yml`);
  if (!found) throw new Error(`There is no workflow ${name}`);
  return found;
};
const world: World = {
  hasFile: (path) => existsSync(join(root, path)),
  workflow: (path) => workflows.find((workflow) => workflow.path === path),
  outputsOf: (folder) => {
    const file = join(root, folder, "action.yml");
    if (!existsSync(file)) return undefined;
    return Object.keys((parse(readFileSync(file, "utf8")) as { outputs?: object }).outputs ?? {});
  },
};

describe.each(workflows.map((workflow) => [workflow.path, workflow] as const))("%s", (path, workflow) => {
  test("says nothing that GitHub would refuse", async () => {
    expect(await diagnose(path, workflow.text)).toEqual([]);
  });
  test.each(Object.entries(rules))("%s", (_, rule) => {
    expect(rule(workflow, world)).toEqual([]);
  });
});

describe("the language service is asked", () => {
  test.each([
    ["an unknown key", "name: a\non: push\njobs: { a: { runs-on: x, steps: [{ runs: y }] } }"],
    [
      "an unknown context",
      "name: a\non: push\njobs: { a: { runs-on: x, steps: [{ run: 'true', if: nothing.x }] } }",
    ],
    [
      "a need that does not exist",
      "name: a\non: push\njobs: { a: { needs: b, runs-on: x, steps: [{ run: 'true' }] } }",
    ],
    [
      "an unknown input of an own action",
      "on: push\njobs: { a: { runs-on: x, steps: [{ uses: ./actions/plan, with: { environment: x, colour: red } }] } }",
    ],
    [
      "a missing input of an own action",
      "on: push\njobs: { a: { runs-on: x, steps: [{ uses: $/actions/plan }] } }",
    ],
    [
      "an unknown input of a published action",
      "on: push\njobs: { a: { runs-on: x, steps: [{ uses: sluice-deploy/sluice@v0, with: { environment: x, colour: red } }] } }",
    ],
    [
      "an unknown input of somebody's action",
      `on: push\njobs: { a: { runs-on: x, steps: [{ uses: actions/checkout@${pins["actions/checkout"]!.sha}, with: { colour: red } }] } }`,
    ],
    [
      "a secret in a condition",
      "on: push\njobs: { a: { runs-on: x, if: secrets.A, steps: [{ run: 'true' }] } }",
    ],
    [
      "an unknown input of a called workflow",
      "on: push\njobs: { a: { uses: ./.github/workflows/rollback.yml, with: { environment: x, colour: red } } }",
    ],
  ])("and finds %s", async (_, text) => {
    expect(await diagnose(".github/workflows/broken.yml", text)).not.toEqual([]);
  });
});

describe("the pipeline", () => {
  test("leaves it to the plan where the branch belongs and whether it is deployed (R019, R088)", () => {
    const { jobs, call } = named("pipeline");
    expect(call!.inputs.environment!.default).toBe("auto");
    const step = jobs.plan!.steps!.find(({ id }) => id === "plan")!;
    expect(evaluate(String(step.with!.environment), { inputs: { environment: "auto" } })).toBe("auto");
    const said = { steps: { plan: { outputs: { environment: "staging", deploys: "true" } } } };
    expect(evaluate(jobs.plan!.outputs!.environment!, said)).toBe("staging");
    expect(evaluate(jobs.plan!.outputs!["is-deployed"]!, said)).toBe("true");
  });

  test.each([
    ["true", true],
    ["false", false],
    ["", false],
  ])("deploys when the plan says so: %s", (isDeployed, expected) => {
    const contexts = { needs: { plan: { outputs: { "is-deployed": isDeployed } } } };
    expect(evaluate(String(named("pipeline").jobs.deploy!.if), contexts)).toBe(expected);
  });

  test("builds, scans, deploys, in this order, and stops at the first that fails (R023, R025, R026, R136, R143)", () => {
    const { jobs } = named("pipeline");
    expect(needsOf(jobs.build!)).toEqual(["plan"]);
    expect(needsOf(jobs["security-scan"]!)).toContain("build");
    expect(needsOf(jobs.deploy!)).toEqual(expect.arrayContaining(["build", "security-scan"]));
    for (const job of Object.values(jobs))
      expect(String(job.if ?? "")).not.toMatch(/always|failure|cancelled/);
  });

  test("builds each service of a check by itself, and a release as one", () => {
    const { matrix } = named("pipeline").jobs.build!.strategy as { matrix: { services: string } };
    const given = (isDeployed: string) => ({
      needs: { plan: { outputs: { "is-deployed": isDeployed, services: '["orders", "web"]' } } },
    });
    expect(evaluate(matrix.services, given("false"))).toEqual(["orders", "web"]);
    expect(evaluate(matrix.services, given("true"))).toEqual([""]);
  });
});

describe("the deployment", () => {
  test("waits at the gate of its environment once, and the rollback does not wait (R011, R013, R024, R061, R067, R474)", () => {
    const { jobs } = named("deploy");
    const gated = Object.entries(jobs).filter(([, job]) => job.environment !== undefined);
    expect(gated.map(([name]) => name)).toEqual(["deploy"]);
    expect(gated[0]![1].environment).toMatchObject({ name: "${{ inputs.environment }}" });
  });

  test("migrates before it deploys, and verifies after it (R175, R176, R314, R338)", () => {
    const ids = named("deploy")
      .jobs.deploy!.steps!.map(({ id }) => id)
      .filter(Boolean);
    expect(ids).toEqual(["plan", "migrate", "deploy", "verify"]);
  });

  test.each([
    ["success", false],
    ["failure", true],
    ["cancelled", true],
    ["skipped", false],
  ])("that ended as %s is followed by a rollback: %s (R357)", (result, isRolledBack) => {
    const condition = String(named("deploy").jobs.rollback!.if);
    const contexts = { needs: { deploy: { result } } };
    const status = {
      success: result === "success",
      failure: result === "failure",
      cancelled: result === "cancelled",
    };
    expect(evaluate(condition, contexts, status)).toBe(isRolledBack);
  });

  test("gets the secrets of the services in every step that needs them, and so does the rollback (R209)", () => {
    const steps = ["deploy", "rollback"].flatMap((name) =>
      Object.values(named(name).jobs).flatMap((job) => job.steps ?? []),
    );
    const working = steps.filter(({ uses }) =>
      /actions\/(migrate-db|deploy|verify|rollback)$/.test(uses ?? ""),
    );
    expect(working).toHaveLength(5);
    for (const { uses, with: given } of working)
      expect(given?.secrets, uses).toBe("${{ secrets.SLUICE_SECRETS }}");
  });

  test.each(["deploy", "rollback"])(
    "%s waits in the queue of its environment and nobody throws it out",
    (name) => {
      const { concurrency } = named(name);
      expect(concurrency).toEqual({
        group: "sluice-${{ inputs.artifact }}-${{ inputs.environment }}",
        "cancel-in-progress": false,
        queue: "max",
      });
    },
  );
});

describe("the workflow of this repository", () => {
  test("has one check that needs all others", () => {
    const { passed, ...others } = named("ci").jobs;
    expect(needsOf(passed!).sort()).toEqual(Object.keys(others).sort());
  });
  test("tries the actions and the reusable pipeline on the sample (R473)", () => {
    const { jobs } = named("ci");
    expect(jobs.pipeline!.uses).toBe("./.github/workflows/pipeline.yml");
    expect(jobs.actions!.steps!.filter(({ uses }) => uses?.startsWith("./actions/")).length).toBeGreaterThan(
      2,
    );
  });
});

describe("the first workflow of a user", () => {
  test("runs on pushes and pull requests to main and develop (R006, R007, R022)", () => {
    const { on } = parse(readFileSync(join(root, "examples/workflows/first.yml"), "utf8")) as {
      on: Record<"push" | "pull_request", { branches: string[] }>;
    };
    expect(on.push.branches).toEqual(expect.arrayContaining(["develop", "main"]));
    expect(on.pull_request.branches).toEqual(expect.arrayContaining(["develop", "main"]));
  });
  test("has ten lines, and is the same in the sample and in the examples", () => {
    const first = readFileSync(join(root, "examples/workflows/first.yml"), "utf8");
    expect(first.trimEnd().split("\n").length).toBeLessThanOrEqual(10);
    expect(readFileSync(join(root, "examples/shop/.github/workflows/deploy.yml"), "utf8")).toBe(first);
  });
});
