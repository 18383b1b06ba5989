import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { makeProgram } from "../../packages/cli/src/program.ts";
import { parseEnvironmentConfig, parseProjectConfig } from "../../packages/config/src/parse.ts";
import { filesBelow, read } from "./repository.ts";
import { diagnose } from "./workflow-language.ts";

const pages = [
  "README.md",
  ...(await filesBelow("docs/guides", (path) => path.endsWith(".md"))),
  ...(await filesBelow("examples", (path) => path.endsWith(".md"))),
];

/** What stands between three backquotes, by language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, block]) => block!);

/** The arguments of each line that calls `sluice`, without a shell's variables and comments. */
function callsIn(script: string): string[][] {
  return script
    .split("\n")
    .flatMap((line) => /^(?:\w+=\S+ )*(?:sluice|npm run sluice --) (.*)$/.exec(line)?.[1] ?? [])
    .map((line) =>
      [...line.matchAll(/"([^"]*)"|(#.*$)|(\S+)/g)]
        .filter(([, , comment]) => comment === undefined)
        .map(([, quoted, , word]) => quoted ?? word!),
    );
}

/** Parses a call with the real program and carries nothing out. */
function parseOnly(args: readonly string[]): void {
  const program = makeProgram();
  const silence = (command: typeof program): void => {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
    // A command of commands does nothing itself.
    if (command.commands.length === 0) command.action(() => {});
    for (const inner of command.commands) silence(inner as typeof program);
  };
  silence(program);
  program.parse(args, { from: "user" });
}

test("there is a guide for each job, and the index names every one", async () => {
  const index = await read("docs/README.md");
  const guides = pages.filter((path) => path.startsWith("docs/guides/"));
  expect(guides.length).toBeGreaterThanOrEqual(7);
  for (const guide of guides) expect(index).toContain(`(${guide.replace("docs/", "")})`);
});

describe.each(pages)("%s", (path) => {
  test("calls `sluice` only with what it understands", async () => {
    for (const call of blocks(await read(path), "sh").flatMap(callsIn)) {
      if (call[0] === "--help") continue;
      expect(() => parseOnly(call), call.join(" ")).not.toThrow();
    }
  });

  test("shows only configuration that is valid, and workflows that GitHub accepts", async () => {
    for (const block of blocks(await read(path), "yaml")) {
      const found: unknown = parse(block);
      const has = (key: string): boolean => typeof found === "object" && found !== null && key in found;
      if (has("jobs")) expect(await diagnose("guide.yml", block), block).toEqual([]);
      else if (has("environment")) expect(() => parseEnvironmentConfig(block, path)).not.toThrow();
      else if (has("services")) expect(() => parseProjectConfig(block, path)).not.toThrow();
      else expect.fail(`${path} shows YAML that nothing checks:\n${block}`);
    }
  });
});

test("what a guide must not call is refused here", () => {
  expect(() => parseOnly(["plan", "--enviroment", "x"])).toThrow("unknown option");
  expect(() => parseOnly(["deplyo"])).toThrow("unknown command");
  expect(callsIn('A=b sluice rollback -e x --reason "two words"  # why\nnode x')).toEqual([
    ["rollback", "-e", "x", "--reason", "two words"],
  ]);
});
