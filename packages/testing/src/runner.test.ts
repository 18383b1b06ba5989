// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the programs of the probes are text here
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseCommands, parseFileCommands } from "./commands.ts";
import { runStep, startStep } from "./runner.ts";
import { leaksOf } from "./secrets.ts";

let folder: string;
let workspace: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-action-"));
  workspace = join(folder, "workspace");
  await mkdir(workspace);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeAction(main: string, post?: string): Promise<string> {
  const action = join(folder, "action");
  await mkdir(action);
  await writeFile(join(action, "package.json"), '{ "type": "module" }');
  const shared =
    'import { appendFileSync } from "node:fs";\n' +
    "const file = (name, text) => appendFileSync(process.env[`GITHUB_${name}`], text);\n";
  await writeFile(join(action, "main.js"), shared + main);
  if (post !== undefined) await writeFile(join(action, "post.js"), shared + post);
  await writeFile(
    join(action, "action.yml"),
    `name: probe
description: probe
inputs:
  who-to greet: { description: name, default: world }
  retries: { description: number, default: 3 }
runs: { using: node24, main: main.js${post === undefined ? "" : ", post: post.js"} }
`,
  );
  return action;
}

describe("a step", () => {
  test("gets inputs and defaults under the runner's names, and of our environment only what a host has", async () => {
    process.env.SLUICE_HARNESS_PROBE = "must not be seen";
    const action = await writeAction('file("OUTPUT", `env<<E\\n${JSON.stringify(process.env)}\\nE\\n`);');
    const run = await runStep(action, { workspace, inputs: { "who-to greet": "you" }, env: { EXTRA: "1" } });
    const env = JSON.parse(run.outputs.env!);
    expect(env).toMatchObject({
      "INPUT_WHO-TO_GREET": "you",
      INPUT_RETRIES: "3",
      EXTRA: "1",
      GITHUB_ACTIONS: "true",
    });
    expect(env).not.toHaveProperty("SLUICE_HARNESS_PROBE");
    expect(env).not.toHaveProperty("GITHUB_TOKEN");
  });

  test("hands its state to its post, and its outputs, summary and variables to us", async () => {
    const action = await writeAction(
      `file("STATE", "lock=7\\n"); file("OUTPUT", "a=1\\nb<<X\\nline 1\\nline 2\\nX\\n");
       file("STEP_SUMMARY", "# done\\n"); file("ENV", "N=2\\n"); file("PATH", "/opt/bin\\n");`,
      "console.log(`lock was ${process.env.STATE_lock}`);",
    );
    const run = await runStep(action, { workspace });
    expect(run).toMatchObject({
      exitCode: 0,
      outputs: { a: "1", b: "line 1\nline 2" },
      summary: "# done\n",
      exported: { N: "2" },
      paths: ["/opt/bin"],
    });
    expect(run.post?.stdout).toContain("lock was 7");
  });

  test("shows its annotations, groups and masks", async () => {
    const action = await writeAction(
      `console.log("::group::Plan"); console.log("::endgroup::"); console.log("::add-mask::hush");
       console.error("::error file=a.yaml,line=3,col=7,title=config.unit%3Amissing::no unit%0Awrite 10s"); process.exitCode = 1;`,
    );
    const run = await runStep(action, { workspace });
    expect(run.exitCode).toBe(1);
    expect(run.groups).toEqual(["Plan"]);
    expect(run.masks).toEqual(["hush"]);
    expect(run.annotations).toEqual([
      {
        level: "error",
        file: "a.yaml",
        line: 3,
        column: 7,
        title: "config.unit:missing",
        message: "no unit\nwrite 10s",
      },
    ]);
  });
});

describe("cancelling", () => {
  const main = (onInterrupt: string, onTerminate = "") =>
    `process.on("SIGINT", () => { ${onInterrupt} });
     process.on("SIGTERM", () => { ${onTerminate} });
     setInterval(() => {}, 1000); console.log("ready");`;

  test("an action that listens ends itself, and its post runs", async () => {
    const action = await writeAction(
      main('console.log("traffic is back"); process.exit(1);'),
      'console.log("cleaned");',
    );
    const step = await startStep(action, { workspace });
    await step.printed(/ready/);
    step.cancel();
    const run = await step.done;
    expect(run.stdout).toContain("traffic is back");
    expect(run.exitCode).toBe(1);
    expect(run.post?.stdout).toContain("cleaned");
  });

  test("one that does not listen to the first signal is terminated", async () => {
    const step = await startStep(await writeAction(main("", "process.exit(3);")), { workspace });
    await step.printed(/ready/);
    step.cancel({ beforeTerm: 10 });
    expect(await step.done).toMatchObject({ exitCode: 3, signal: null });
  });

  test("one that listens to none is killed", async () => {
    const step = await startStep(await writeAction(main("")), { workspace });
    await step.printed(/ready/);
    step.cancel({ beforeTerm: 10, beforeKill: 10 });
    expect(await step.done).toMatchObject({ exitCode: null, signal: "SIGKILL" });
  });

  test("waiting for a line that never comes fails with the log", async () => {
    const step = await startStep(await writeAction('console.log("only this");'), { workspace });
    await expect(step.printed(/never/)).rejects.toThrow(/only this/);
    await step.done;
  });
});

describe("a secret", () => {
  const secret = "p4ss/w0rd+x";

  test("that is masked and nowhere else is no leak", async () => {
    const action = await writeAction(
      `console.log("::add-mask::" + process.env.KEY); console.log("using ***");`,
    );
    const run = await runStep(action, { workspace, env: { KEY: secret } });
    expect(await leaksOf(secret, run, [workspace])).toEqual([]);
  });

  test("is found wherever it went, encoded or not", async () => {
    const action = await writeAction(
      `const key = process.env.KEY; console.log("::add-mask::" + key);
       console.error("auth " + Buffer.from(key).toString("base64")); console.log("url?k=" + encodeURIComponent(key));
       file("OUTPUT", "k=" + key + "\\n"); file("STATE", "k=" + key + "\\n"); file("STEP_SUMMARY", key);
       file("ENV", "K=" + key + "\\n"); appendFileSync("trace.txt", key);`,
    );
    const run = await runStep(action, { workspace, env: { KEY: secret } });
    expect(await leaksOf(secret, run, [workspace])).toEqual([
      "stdout",
      "stderr",
      "summary",
      "output k",
      "state k",
      "variable K",
      join(workspace, "trace.txt"),
    ]);
  });
});

describe("the files and lines of the runner", () => {
  test.each([
    ["a delimiter that never comes", "a<<E\nx\n", /Matching delimiter not found/],
    ["a line that is neither", "nonsense\n", /Invalid format/],
    ["an end without a line break", "a<<E\nx\nE", /Matching delimiter not found|EOF marker/],
  ])("%s is refused as the runner refuses it", (_, text, message) => {
    expect(() => parseFileCommands(text)).toThrow(message);
  });

  test("what decides is which of = and << comes first", () => {
    expect(parseFileCommands("a=b<<c\nd<<E=\nx\nE=\n")).toEqual({ a: "b<<c", d: "x" });
  });

  test("commands are not heard while they are stopped", () => {
    const log = "::stop-commands::tok\n::error::quoted\n::tok::\n::error::real\n";
    expect(parseCommands(log).filter(({ name }) => name === "error")).toMatchObject([{ text: "real" }]);
  });
});
