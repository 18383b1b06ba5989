import { describe, expect, test } from "vitest";
import { makeProgram } from "./program.ts";
import { folderWith, smallProject } from "./testing/repository.ts";
import { sluice } from "./testing/terminal.ts";

const commands = makeProgram().commands.map((command) => command.name());

test("the command line has the verbs of the actions, and those of a laptop (R475)", () => {
  expect(commands).toEqual(
    expect.arrayContaining(
      "init plan run build scan migrate deploy verify recheck halt promote rollback status report lint doctor stop".split(
        " ",
      ),
    ),
  );
});

describe.each(commands)("sluice %s", (name) => {
  test("has a help with an example that it can parse, and --json", async () => {
    const { stdout, exitCode } = await sluice(name, "--help");
    expect(exitCode).toBe(0);
    const examples = stdout.split("Examples:\n")[1]?.trim().split("\n") ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples)
      expect(example).toMatch(new RegExp(`^ *\\$ (\\S+=\\S+ )?sluice ${name}\\b`));
    expect(stdout).toContain("--json");
  });

  test("refuses an unknown option with the nearest one, and says where the help is", async () => {
    const { stdout, stderr, exitCode } = await sluice(name, "--jsn");
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("unknown option '--jsn'");
    expect(stderr).toContain("Did you mean --json?");
    expect(stderr).toContain("--help");
  });
});

describe("what cannot be understood ends with 2 and a sentence", () => {
  test.each([
    ["a command that does not exist, with the nearest", ["deplyo"], "Did you mean deploy?"],
    ["a value that is not one of those possible", ["deploy", "--strategy", "hope"], "Allowed choices are"],
    ["an option without its value", ["plan", "--version"], "argument missing"],
    ["a word too many", ["status", "production"], "too many arguments"],
    ["no environment", ["plan"], "Add `--environment <name>`"],
  ])("%s", async (_, args, sentence) => {
    const { stdout, stderr, exitCode } = await sluice(...args);
    expect(stderr).toContain(sentence);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  });

  test("an environment that does not exist, with the nearest", async () => {
    const { stderr, exitCode } = await sluice("plan", "-e", "devv", "-C", folderWith(smallProject));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Did you mean `dev`?");
    expect(stderr).toContain("reason: config.unknown-environment");
  });

  test("one thing said twice, by its place and by an option", async () => {
    const { stderr, exitCode } = await sluice("deploy", "web", "1.0.0", "dev", "--version", "2.0.0");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("`1.0.0` is given by its place, and `--version` besides.");
  });
});
