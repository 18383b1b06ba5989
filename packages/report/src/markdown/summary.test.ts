import type { Result } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { report } from "../report.ts";
import { threeReleases } from "../testing/example-history.ts";
import { SUMMARY_LIMIT_BYTES } from "./parts.ts";
import { toMarkdown } from "./summary.ts";

const history = threeReleases();
const result = (stage: Result["stage"], run = 1): Result =>
  structuredClone(history.runs[run]!.results.find((r) => r.stage === stage)!);
/** Every row of a table has as many cells as its head, or GitHub does not draw it. */
function expectWholeTables(markdown: string) {
  const cells = (line: string) => line.replaceAll("\\|", "").split("|").length;
  let head = 0;
  for (const line of markdown.split("\n")) {
    if (!line.startsWith("|")) head = 0;
    else if (head === 0) head = cells(line);
    else expect(cells(line), line).toBe(head);
  }
}

describe("the summary of a stage", () => {
  test.each(["plan", "build", "scan", "migrate", "deploy", "verify"] as const)(
    "%s has whole tables and a heading",
    (stage) => {
      const markdown = toMarkdown(result(stage));
      expect(markdown).toMatch(new RegExp(`^## ${stage}.*in demo: ✅ succeeded`));
      expectWholeTables(markdown);
    },
  );

  test("build shows tests and coverage of each service (R129)", () => {
    expect(toMarkdown(result("build"))).toMatch(
      /\| orders \| ✅ succeeded \| 3\.1 s \| 19 \| 0 \| 87\.4 % \| 80 % \|/,
    );
  });

  test("scan says of a scanner that did not run that it was skipped, and why (R148)", () => {
    expect(toMarkdown(result("scan"))).toMatch(/\| images \| skipped \| – \| – \| no image was built/);
  });

  test("verify shows the attempts of each check (R343)", () => {
    expect(toMarkdown(result("verify"))).toContain("| orders: health | ✅ passed | 2 |");
  });

  test("deploy shows the verdict with both versions (R311)", () => {
    const verdict = history.events.findLast((event) => event.type === "rollout.verdict");
    if (verdict?.type !== "rollout.verdict") throw new Error("no verdict");
    const deploy = result("deploy", 2);
    deploy.details = {
      stage: "deploy",
      services: [
        {
          name: "orders",
          strategy: "canary",
          from: "2.0.0",
          to: "3.0.0",
          status: "rolled_back",
          reasonCode: "deploy.rolled-back",
          message: "It was worse.",
          seconds: 24,
          verdict: { schema: "sluice/verdict/v1", ...verdict.data },
          canary: { requests: 560, errors: 16 },
        },
      ],
    };
    const markdown = toMarkdown(deploy);
    expectWholeTables(markdown);
    expect(markdown).toMatch(/Evidence that it is worse: \d+; 100 is enough to roll back/);
    expect(markdown).toMatch(/\| 3\.0\.0 \| \d+ \| \d+ \|/);
  });

  test("a problem has its place, its remedy and its code", () => {
    const bad = result("build");
    bad.problems = [
      {
        severity: "error",
        reasonCode: "build.command-failed",
        message: "It failed.",
        remedy: "Mend it.",
        location: { file: "a|b.ts", line: 3 },
      },
    ];
    const markdown = toMarkdown(bad);
    expect(markdown).toContain("Mend it.");
    expect(markdown).toContain("`build.command-failed`");
    expectWholeTables(markdown);
  });
});

describe("the summary of several runs", () => {
  const markdown = toMarkdown(report(history.input()));

  test("tells what happened before any table", () => {
    expect(markdown.indexOf("3.0.0 of orders was rolled back")).toBeGreaterThan(0);
    expectWholeTables(markdown);
  });

  test("draws the stages and the steps with the plain part of Mermaid", () => {
    const diagrams = [...markdown.matchAll(/```mermaid\n([\s\S]*?)\n```/g)].map((match) => match[1]!);
    const gantts = diagrams.filter((diagram) => diagram.startsWith("gantt"));
    expect(gantts).toHaveLength(3);
    for (const gantt of gantts)
      for (const line of gantt.split("\n").slice(4))
        expect(line).toMatch(/^ {2}[a-z]+ :(done, |crit, |active, )?s\d+, \d+, \d+$/);
    expect(diagrams.filter((diagram) => diagram.startsWith("flowchart LR")).length).toBeGreaterThanOrEqual(4);
  });
});

describe("hostile text in a summary", () => {
  const hostile = "`|<img src=x>|\n# heading @everyone [x](http://evil.example) ```\u001b[31m";

  test("stays text, in its cell", () => {
    const build = result("build");
    build.summary = hostile;
    build.environment = hostile;
    if (build.details?.stage !== "build") throw new Error("not a build");
    build.details.services[0]!.name = hostile;
    build.details.services[0]!.tests = {
      passed: 0,
      failed: 1,
      skipped: 0,
      seconds: 1,
      failures: [{ name: hostile, message: `${hostile}\n\`\`\`\nstill inside` }],
    };
    const markdown = toMarkdown(build);
    expectWholeTables(markdown);
    const outside = markdown.replace(/^(`{3,})[\s\S]*?^\1$/gm, "");
    expect(outside).not.toMatch(/^# heading/m);
    expect(outside).not.toContain("<img");
    expect(markdown).not.toContain("\u001b");
    expect(outside).not.toMatch(/@everyone/);
    expect(outside).not.toContain("http://");
    expect(outside).not.toContain("still inside");
  });

  test("that is secret is left out", () => {
    const verify = result("verify");
    verify.summary = "token s3cr3t-value was used";
    expect(toMarkdown(verify, ["s3cr3t-value"])).toContain("token \\*\\*\\* was used");
  });

  test("that is far too long is cut at a line below the limit of GitHub", () => {
    const build = result("build");
    if (build.details?.stage !== "build") throw new Error("not a build");
    build.details.services[0]!.tests = {
      passed: 0,
      failed: 1,
      skipped: 0,
      seconds: 1,
      failures: [{ name: "x", message: `${"ü 0123456789\n".repeat(200_000)}\`\`\`` }],
    };
    const markdown = toMarkdown(build);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(SUMMARY_LIMIT_BYTES);
    expect(markdown).toContain("does not fit into a job summary");
    expect(markdown.match(/^`{4}/gm)).toHaveLength(2); // the block that was cut is closed as it was opened
  });
});
