/** Bad input: said with file, line, key and remedy, before anything is touched. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runStep } from "../../packages/testing/src/runner.ts";
import { actionFolder } from "./support/dist.ts";
import { makeProject, type Project } from "./support/project.ts";
import { cli } from "./support/sluice.ts";

interface Mistake {
  what: string;
  make(project: Project): Promise<void>;
  /** Arguments after `run`; version 1.0.0 of everything by default. */
  args?: string[];
  code: string;
  /** Where it is said to be; absent for what is in no file. */
  file?: string;
  line?: number;
  key?: string;
  /** Words of the message and of the remedy. */
  says: RegExp;
  remedy: RegExp;
}

const environmentFile = ".deploy/test-config.yaml";
const mistakes: Mistake[] = [
  {
    what: "an unknown key",
    make: (project) => project.write({ [environmentFile]: "environment: test\nreplica: 2\n" }),
    code: "config.unknown-key",
    file: environmentFile,
    line: 2,
    key: "replica",
    says: /replica/,
    remedy: /replicas/,
  },
  {
    what: "a number without the unit that decides its meaning (C11)",
    make: (project) =>
      project.write({
        [environmentFile]:
          "environment: test\ncanary:\n  analysis:\n    metrics:\n      - name: error_rate\n        max: 0.1\n",
      }),
    code: "config.unit-missing",
    file: environmentFile,
    line: 6,
    key: "canary.analysis.metrics[0].max",
    says: /0\.1/,
    remedy: /0\.1%.*10%/s,
  },
  {
    what: "a unit that does not fit (R105)",
    make: (project) =>
      project.write({ [environmentFile]: "environment: test\nhealthCheck:\n  timeout: 5 parsecs\n" }),
    code: "config.unit-wrong",
    file: environmentFile,
    line: 3,
    key: "healthCheck.timeout",
    says: /parsecs/,
    remedy: /5s|ms/,
  },
  {
    what: "YAML that does not parse",
    make: (project) => project.write({ [environmentFile]: "environment: test\ncanary: [5, 25\n" }),
    code: "config.not-yaml",
    file: environmentFile,
    line: 3,
    says: /YAML/,
    remedy: /\S/,
  },
  {
    what: "a project file that is missing",
    make: (project) => rm(join(project.directory, ".deploy/project.yaml")),
    code: "config.unreadable",
    file: ".deploy/project.yaml",
    says: /project\.yaml/,
    remedy: /init/,
  },
  {
    what: "an environment that has no file",
    make: (project) => rm(join(project.directory, environmentFile)),
    code: "config.unknown-environment",
    says: /test/,
    remedy: /\S/,
  },
  {
    what: "a service that does not exist",
    make: async () => {},
    args: ["--version", "1.0.0", "--services", "ap"],
    code: "config.unknown-service",
    says: /`ap`/,
    remedy: /`app`/,
  },
  {
    what: "a stage that does not exist",
    make: async () => {},
    args: ["--version", "1.0.0", "--stages", "deploi"],
    code: "config.input-invalid",
    says: /deploi/,
    remedy: /deploy/,
  },
  {
    what: "a version that cannot be one",
    make: async () => {},
    args: ["--version", "../../1.0.0;$(id)"],
    code: "config.input-invalid",
    says: /\$\(id\)/,
    remedy: /letters, digits/,
  },
  {
    what: "a service without its directory",
    make: (project) => rm(join(project.directory, "app"), { recursive: true }),
    code: "config.not-allowed",
    says: /app/,
    remedy: /path/,
  },
];

describe.each(mistakes)("$what", ({ make, args, code, file, line, key, says, remedy }) => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
    await make(project);
  });
  afterAll(() => project.remove());

  test("ends `sluice run` with status 2, its reason code, the place and the remedy, and changes nothing (R072, R110)", async () => {
    const { exitCode, json } = await cli(project, ["run", ...(args ?? ["--version", "1.0.0"]), "--json"]);
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({ status: "failed", reasonCode: code });
    const [problem] = json.problems!;
    expect(problem).toMatchObject({ severity: "error", reasonCode: code });
    expect(problem!.message).toMatch(says);
    expect(problem!.remedy).toMatch(remedy);
    if (file) expect(problem!.location?.file).toBe(file);
    if (line) expect(problem!.location?.line).toBe(line);
    if (key) expect(problem!.location?.key).toBe(key);
    expect(existsSync(join(project.state, "test", "local"))).toBe(false);
  });

  test("fails the action in one step with status and reason_code, and annotates file and line", async () => {
    const run = await runStep(actionFolder("pipeline"), {
      workspace: project.directory,
      inputs: {
        environment: "test",
        version: args?.[1] ?? "1.0.0",
        "state-directory": project.state,
        ...withOf(args),
      },
    });
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ status: "failed", reason_code: code });
    const annotation = run.annotations.find(({ level, title }) => level === "error" && title === code)!;
    expect(annotation.message).toMatch(says);
    expect(annotation.message).toMatch(remedy);
    if (file) expect(annotation.file).toBe(file);
    if (line) expect(annotation.line).toBe(line);
    expect(run.summary).toContain(code);
    expect(existsSync(join(project.state, "test", "local"))).toBe(false);
  });
});

/** Options of the command line as a workflow writes them. */
function withOf(args: readonly string[] = []): Record<string, string> {
  const at = args.findIndex((arg) => arg === "--services" || arg === "--stages");
  return at < 0 ? {} : { [args[at]!.slice(2)]: args[at + 1]! };
}

describe("the command line", () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project.remove());

  test("`sluice lint` finds the mistakes of all files at once, without touching an environment", async () => {
    const broken = await makeProject();
    await broken.write({ [environmentFile]: "environment: test\nreplica: 2\nstrategy: canari\n" });
    const { exitCode, stdout } = await cli(broken, ["lint", "--json"]);
    const { problems } = JSON.parse(stdout);
    expect(exitCode).toBe(2);
    expect(problems.map(({ location }: { location: { line: number } }) => location.line)).toEqual([2, 3]);
    expect((await cli(project, ["lint"])).exitCode).toBe(0);
    await broken.remove();
  });

  test.each([
    ["an option that does not exist", ["plan", "--nonsense", "--json"], /nonsense/],
    ["a command that does not exist", ["deplo", "--json"], /deplo/],
    ["a strategy that does not exist", ["deploy", "app", "1.0.0", "test", "yolo", "--json"], /yolo/],
  ])("%s ends with status 2 and a document that says so", async (_, args, says) => {
    const ended = await cli(project, args);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(says);
    expect(ended.json).toMatchObject({ status: "failed", reasonCode: "config.input-invalid" });
  });

  test("no environment at all is asked for by name of the option and of the variable", async () => {
    const ended = await cli(project, ["plan", "--json"], { SLUICE_ENVIRONMENT: "" });
    expect(ended.exitCode).toBe(2);
    expect(ended.json.problems![0]!.remedy).toMatch(/--environment.*SLUICE_ENVIRONMENT/);
  });

  test("what was not built cannot be deployed: the missing document is named, with what makes it", async () => {
    const ended = await cli(project, ["deploy", "--version", "1.0.0", "--json"]);
    expect(ended.exitCode).toBe(1);
    expect(ended.json).toMatchObject({ stage: "deploy", status: "failed", reasonCode: "deploy.no-release" });
    expect(ended.json.problems![0]).toMatchObject({
      location: { file: "out/release.json" },
      remedy: expect.stringContaining("build"),
    });
  });
});
