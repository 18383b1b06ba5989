import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildDetails, digestOf } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { lcov, project, service } from "./testing/project.ts";

const source = { "services/orders/src/server.js": "console.log('orders')\n" };

describe("a build", () => {
  test("installs once, then takes a service through its phases in order (R118, R120, R121, R126)", async () => {
    const { build, directory, artifactDirectory } = project(source);
    const log = (word: string) => `echo ${word} >> ${join(directory, "log")}`;
    const outcome = await build(
      [
        service({
          install: log("install"),
          lint: log("lint"),
          test: log("test"),
          coverage: {
            command: `${log("coverage")}; printf 'SF:src/server.js\\nDA:1,1\\nend_of_record\\n' > lcov.info`,
            report: "lcov.info",
            thresholdPercent: 80,
          },
          build: `${log("build")}; cp -r src dist`,
        }),
      ],
      { install: ["sh", "-c", log("project")] },
    );

    expect(outcome).toMatchObject({ status: "succeeded", reasonCode: "build.succeeded", problems: [] });
    expect(readFileSync(join(directory, "log"), "utf8").split("\n")).toEqual([
      "project",
      "install",
      "lint",
      "test",
      "coverage",
      "build",
      "",
    ]);
    expect(BuildDetails.parse(outcome.details)).toEqual(outcome.details);
    const [built] = outcome.details.services;
    expect(built).toMatchObject({
      name: "orders",
      status: "succeeded",
      coverage: { linesPercent: 100, thresholdPercent: 80 },
    });
    expect(built!.commands.map(({ phase }) => phase)).toEqual([
      "install",
      "lint",
      "test",
      "coverage",
      "build",
      "package",
    ]);
    const archive = join(artifactDirectory, "orders-1.2.3.tar.gz");
    expect(built!.artifact).toEqual({
      kind: "archive",
      reference: archive,
      digest: digestOf(readFileSync(archive)),
      tags: ["orders:1.2.3"],
      bytes: readFileSync(archive).length,
    });
  });

  test("of the same sources gives the same digest, wherever and whenever it is made (R157)", async () => {
    const digests = [];
    for (const files of [source, source, { "services/orders/src/server.js": "other" }]) {
      const { build } = project(files);
      const { details } = await build([service()]);
      digests.push(details.services[0]!.artifact!.digest);
    }
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  test("leaves out what the run itself writes into the directory that it packs (R157)", async () => {
    const { build, directory } = project({ "server.js": "a" });
    const request = {
      artifactDirectory: join(directory, "out/artifacts"),
      leaveOut: [join(directory, "out/run.json")],
    };
    const whole = service({ path: ".", output: ".", build: "mkdir -p out; date +%N > out/run.json" });
    const [first, second] = [await build([whole], request), await build([whole], request)];
    expect(second.status).toBe("succeeded");
    expect(second.details.services[0]!.artifact).toEqual(first.details.services[0]!.artifact);
  });

  test("carries author, message, SHA, time and branch of the commit (R021)", async () => {
    const { build, git } = project(source);
    git("init", "--quiet", "--initial-branch=develop");
    git("add", "-A");
    git("commit", "--quiet", "--message", "Take orders\n\nAll of them.");
    const { details } = await build([service()]);
    expect(details.commit).toEqual({
      sha: git("rev-parse", "HEAD"),
      author: "Ada <ada@example.com>",
      message: "Take orders\n\nAll of them.",
      committedAt: new Date(Number(git("log", "-1", "--format=%ct")) * 1000).toISOString(),
      branch: "develop",
    });
  });

  test("works without git", async () => {
    const { build } = project(source);
    const { details, status } = await build([service({ build: "/bin/mkdir dist; : > dist/a.js" })], {
      env: { PATH: "" },
    });
    expect(status).toBe("succeeded");
    expect(details.commit).toBeNull();
  });

  test("measures each command (R305)", async () => {
    const { build } = project(source);
    const { details } = await build([service()]);
    const [built] = details.services;
    expect(built!.commands.every(({ seconds }) => seconds > 0)).toBe(true);
    expect(built!.seconds).toBeGreaterThanOrEqual(
      built!.commands.reduce((sum, { seconds }) => sum + seconds, 0),
    );
    expect(details.seconds).toBeGreaterThanOrEqual(built!.seconds);
  });

  test("passes on what a command prints, line by line", async () => {
    const { build, said } = project(source);
    await build([service({ lint: "echo one; echo two >&2" })]);
    expect(said).toEqual(
      expect.arrayContaining([
        { type: "output", service: "orders", text: "one" },
        { type: "output", service: "orders", text: "two" },
      ]),
    );
  });

  test("gives commands their environment and no other", async () => {
    const { build } = project(source);
    const env = { PATH: process.env.PATH, NODE_AUTH_TOKEN: "x" };
    const { status } = await build([service({ lint: 'test "$NODE_AUTH_TOKEN" = x && test -z "$HOME"' })], {
      env,
    });
    expect(status).toBe("succeeded");
  });

  test("has the tags that it is given, made fit for a registry (R151, R152, R153)", async () => {
    const { build } = project(source);
    const tags = ["orders:dev-abc1234", "orders:staging-1.2.3+7", "orders:hotfix-17"];
    const { details } = await build([service({ tags })]);
    expect(details.services[0]!.artifact!.tags).toEqual([
      "orders:dev-abc1234",
      "orders:staging-1.2.3-7",
      "orders:hotfix-17",
    ]);
  });
});

describe("a command that fails", () => {
  test("ends its service and is named with its status, its last lines and the place (R032, R127, R476)", async () => {
    const { build, said } = project(source);
    const outcome = await build([
      service({ lint: "echo reading; echo 'src/server.js:1:13 no-console'; exit 3", test: "echo never" }),
    ]);
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "build.command-failed" });
    expect(outcome.problems).toEqual([
      {
        severity: "error",
        reasonCode: "build.command-failed",
        message: expect.stringMatching(/^orders: lint failed: `echo reading.*` ended with exit status 3\.$/),
        remedy: expect.stringContaining("reading\nsrc/server.js:1:13 no-console"),
        location: { file: "services/orders/src/server.js", line: 1, column: 13 },
      },
    ]);
    expect(outcome.details.services[0]).toMatchObject({
      status: "failed",
      artifact: null,
      commands: [{ phase: "lint", exitCode: 3 }],
    });
    expect(said).not.toContainEqual(expect.objectContaining({ text: "never" }));
  });

  test("skips what depends on it and nothing else (R131)", async () => {
    const files = { ...source, "services/web/src/a.js": "", "services/catalog/src/a.js": "" };
    const { build } = project(files);
    const { details, summary } = await build([
      service({ name: "web", path: "services/web", dependsOn: ["orders"] }),
      service({ build: "exit 1" }),
      service({ name: "catalog", path: "services/catalog" }),
    ]);
    expect(details.services.map(({ name, status, skipped }) => [name, status, skipped])).toEqual([
      ["web", "skipped", "orders, which it depends on, was not built"],
      ["orders", "failed", undefined],
      ["catalog", "succeeded", undefined],
    ]);
    expect(summary).toMatch(/^orders failed; 1 of 3 services were built in /);
  });

  test("in the installation of the project skips every service", async () => {
    const { build } = project(source);
    const outcome = await build([service()], { install: "echo 'no network' >&2; exit 7" });
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "build.command-failed" });
    expect(outcome.details.project).toMatchObject([{ phase: "install", exitCode: 7 }]);
    expect(outcome.details.services[0]).toMatchObject({ status: "skipped", commands: [] });
    expect(outcome.problems[0]!.remedy).toContain("no network");
  });

  test("because its program is not there says which", async () => {
    const { build } = project(source);
    const { reasonCode, problems } = await build([service({ lint: ["no-such-linter", "."] })]);
    expect(reasonCode).toBe("run.tool-missing");
    expect(problems[0]!.message).toContain("no-such-linter");
  });

  test("because it takes too long is ended", async () => {
    const { build } = project(source);
    const { reasonCode, details } = await build([service({ lint: ["sleep", "60"] })], {
      timeoutSeconds: 0.1,
    });
    expect(reasonCode).toBe("build.timed-out");
    expect(details.services[0]!.commands).toMatchObject([{ command: "sleep 60", exitCode: null }]);
  });

  test.each([
    [
      "without its directory",
      service({ path: "services/nowhere" }),
      "config.not-allowed",
      "services/nowhere",
    ],
    ["that writes no output", service({ build: "true" }), "build.artifact-failed", "dist"],
  ])("a service %s is named", async (_what, broken, reasonCode, word) => {
    const { build } = project(source);
    const outcome = await build([broken]);
    expect(outcome).toMatchObject({ status: "failed", reasonCode });
    expect(outcome.problems[0]!.message).toContain(word);
  });
});

describe("cancelled", () => {
  test("it ends its commands and keeps what was built", async () => {
    const { build, artifactDirectory } = project({ ...source, "services/web/src/a.js": "" });
    const abort = new AbortController();
    const outcome = await build(
      [
        service(),
        service({ name: "web", path: "services/web", dependsOn: ["orders"], lint: "echo ready; sleep 60" }),
      ],
      {
        signal: abort.signal,
        onProgress: ({ type, ...rest }) => {
          if (type === "output" && "text" in rest && rest.text === "ready") abort.abort(new Error("SIGINT"));
        },
      },
    );
    expect(outcome).toMatchObject({ status: "cancelled", reasonCode: "run.cancelled" });
    expect(outcome.details.services.map(({ status }) => status)).toEqual(["succeeded", "cancelled"]);
    expect(outcome.details.services[1]!.commands).toMatchObject([{ phase: "lint", exitCode: null }]);
    expect(existsSync(join(artifactDirectory, "orders-1.2.3.tar.gz"))).toBe(true);
    expect(existsSync(join(artifactDirectory, "web-1.2.3.tar.gz"))).toBe(false);
  });

  test("before it began, it does nothing", async () => {
    const { build, directory } = project(source);
    const outcome = await build([service()], {
      install: `touch ${join(directory, "installed")}`,
      signal: AbortSignal.abort(),
    });
    expect(outcome.status).toBe("cancelled");
    expect(existsSync(join(directory, "installed"))).toBe(false);
  });
});

describe("coverage (R031, R125, R306)", () => {
  const covered = (hits: number[]) =>
    service({
      test: `cat > lcov.info <<'.'\n${lcov("src/server.js", hits)}.`,
      coverage: { report: "lcov.info", thresholdPercent: 80 },
    });

  test("at the threshold is enough", async () => {
    const { build } = project(source);
    const { status, details } = await build([covered([1, 1, 1, 1, 0])]);
    expect(status).toBe("succeeded");
    expect(details.services[0]!.coverage).toEqual({ linesPercent: 80, thresholdPercent: 80 });
  });

  test("below it stops the service and shows the uncovered lines", async () => {
    const { build } = project(source);
    const { reasonCode, problems, details } = await build([covered([1, 0, 0, 1, 1, 0])]);
    expect(reasonCode).toBe("build.coverage-low");
    expect(problems).toMatchObject([
      { severity: "error", message: "orders: line coverage is 50 %, below the 80 % that is asked for." },
      { severity: "warning", location: { file: "services/orders/src/server.js", line: 2, endLine: 3 } },
      { severity: "warning", location: { file: "services/orders/src/server.js", line: 6, endLine: 6 } },
    ]);
    expect(problems[0]!.remedy).toContain("src/server.js: 3 of 6 lines");
    expect(details.services[0]).toMatchObject({ artifact: null, coverage: { linesPercent: 50 } });
  });

  test("of an earlier run does not count for this one", async () => {
    const { build, write } = project(source);
    write("services/orders/lcov.info", lcov("src/server.js", [1]));
    const outcome = await build([
      service({ test: "true", coverage: { report: "lcov.info", thresholdPercent: 80 } }),
    ]);
    expect(outcome.reasonCode).toBe("build.report-unreadable");
    expect(outcome.problems[0]!.message).toBe("orders: the report lcov.info was not written.");
  });

  test("in a report that is not one is no coverage", async () => {
    const { build } = project(source);
    const coverage = { command: "echo nothing > lcov.info", report: "lcov.info", thresholdPercent: 0 };
    expect((await build([service({ coverage })])).reasonCode).toBe("build.report-unreadable");
  });
});

describe("tests (R129, R306)", () => {
  const reporting = (cases: string, status = 0) =>
    service({
      test: `cat > junit.xml <<'.'\n<testsuites><testsuite name="orders">${cases}</testsuite></testsuites>\n.\nexit ${status}`,
      junit: "junit.xml",
    });
  const failing = `<testcase name="is placed" time="0.5"><failure message="1 !== 2">at src/server.js:1:9</failure></testcase>`;

  test("are counted", async () => {
    const { build } = project(source);
    const { details } = await build([
      reporting('<testcase name="a" time="0.25"/><testcase name="b"><skipped/></testcase>'),
    ]);
    expect(details.services[0]!.tests).toEqual({
      passed: 1,
      failed: 0,
      skipped: 1,
      seconds: 0.25,
      failures: [],
    });
  });

  test.each([[1], [0]])(
    "that fail are shown where they failed, also when the command says %d (R030)",
    async (status) => {
      const { build } = project(source);
      const { reasonCode, problems, details } = await build([
        reporting(`<testcase name="ok"/>${failing}`, status),
      ]);
      expect(reasonCode).toBe("build.tests-failed");
      expect(problems).toMatchObject([
        { message: "orders: 1 of 2 tests failed." },
        {
          message: 'orders: test "orders › is placed" failed: 1 !== 2',
          location: { file: "services/orders/src/server.js", line: 1, column: 9 },
        },
      ]);
      expect(details.services[0]!.tests).toMatchObject({ passed: 1, failed: 1 });
    },
  );

  test("that could not even start are told by what they printed", async () => {
    const { build } = project(source);
    const { reasonCode, problems } = await build([
      service({ test: "echo 'cannot find module'; exit 1", junit: "junit.xml" }),
    ]);
    expect(reasonCode).toBe("build.command-failed");
    expect(problems[0]!.remedy).toContain("cannot find module");
  });

  test("without their report are not tests that passed", async () => {
    const { build } = project(source);
    expect((await build([service({ test: "true", junit: "junit.xml" })])).reasonCode).toBe(
      "build.report-unreadable",
    );
  });

  test("of which none did anything are a warning", async () => {
    const { build } = project(source);
    const { status, problems } = await build([reporting("")]);
    expect(status).toBe("succeeded");
    expect(problems).toMatchObject([{ severity: "warning", reasonCode: "build.no-tests" }]);
  });
});
