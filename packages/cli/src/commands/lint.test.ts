import { describe, expect, test } from "vitest";
import { folderWith, smallProject } from "../testing/repository.ts";
import { sluice } from "../testing/terminal.ts";

const broken = () =>
  folderWith({
    ...smallProject,
    ".deploy/b-config.yaml":
      "environment: b\ntarget: local\nstrategy: canary\nreplicsa: 2\ncanary: {steps: [{weight: 5, pause: 10}, {weight: 100}]}\n",
    ".deploy/a-config.yaml": "environment: a\ntarget: nowhere\nstrategy: rolling\n",
  });

describe("sluice lint", () => {
  test("has nothing to say about a project that is right, and ends with 0", async () => {
    const { stdout, exitCode } = await sluice("lint", "-C", folderWith(smallProject));
    expect(stdout).toBe("2 files, 0 errors, 0 warnings\n");
    expect(exitCode).toBe(0);
  });

  test("finds every problem of every file, sorted by file and line (R041, R059)", async () => {
    const { stdout, exitCode } = await sluice("lint", "-C", broken());
    expect(exitCode).toBe(2);
    const places = [...stdout.matchAll(/^error: (\S+:\d+):\d+: /gm)].map(([, place]) => place);
    expect(places).toEqual([".deploy/a-config.yaml:2", ".deploy/b-config.yaml:4", ".deploy/b-config.yaml:5"]);
    expect(stdout).toContain("reason: config.unit-missing");
    expect(stdout.trim().split("\n").at(-1)).toBe("4 files, 3 errors, 0 warnings");
  });

  test("puts annotations at the lines in a workflow, with paths from the root of the repository", async () => {
    const directory = broken();
    const { stdout } = await sluice("lint", "-C", directory, "--format", "github");
    const [first] = stdout.split("\n");
    expect(first).toMatch(
      /^::error file=.*\/\.deploy\/a-config\.yaml,line=2,col=\d+,title=config\.[a-z-]+::/,
    );
    expect(first).toContain("%0A");
  });

  test("gives the same as a document", async () => {
    const { stdout } = await sluice("lint", "-C", broken(), "--json");
    const { files, problems } = JSON.parse(stdout);
    expect(files).toHaveLength(4);
    expect(problems).toHaveLength(3);
  });

  test("checks the migrations too (R071)", async () => {
    const directory = folderWith({
      ...smallProject,
      ".deploy/project.yaml": `${smallProject[".deploy/project.yaml"]}database: {migrations: sql}\n`,
      "sql/V1__orders.sql": "CREATE TABLE orders (id int, note text);\n",
      "sql/V2__drop.sql": "-- not needed any more\nALTER TABLE orders DROP COLUMN note;\n",
    });
    const { stdout } = await sluice("lint", "-C", directory);
    expect(stdout).toMatch(/^(error|warning): sql\/V2__drop\.sql:2:/m);
    expect(stdout).toContain("4 files");
  });

  test("says that there is no project, and how to make one", async () => {
    const { stdout, exitCode } = await sluice("lint", "-C", folderWith({}));
    expect(stdout).toContain("There is no .deploy/project.yaml.");
    expect(stdout).toContain("sluice init");
    expect(exitCode).toBe(2);
  });
});
