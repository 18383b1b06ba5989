import type { Finding } from "@sluice/documents";
import type { Log } from "sarif";
import { describe, expect, test } from "vitest";
import { lineHashes } from "./line-hash.ts";
import { relativeUri, type SarifInput, sarifLog } from "./sarif.ts";

const finding = (over: Partial<Finding> = {}): Finding => ({
  scanner: "secrets",
  rule: "aws-access-key-id",
  severity: "high",
  message: "An AWS access key id.",
  location: { file: "a b/c.env", line: 3, column: 5 },
  fingerprint: "f1",
  ...over,
});
const input = (over: Partial<SarifInput> = {}): SarifInput => ({
  scanner: "secrets",
  isSuccessful: true,
  message: "3 files",
  findings: [finding()],
  suppressed: [],
  notes: [],
  ...over,
});

describe("the SARIF document (R148)", () => {
  test("has the shape of SARIF 2.1.0, a run for each scanner, and no two runs of one identity", () => {
    const log: Log = sarifLog([input(), input({ scanner: "dependencies" })], {
      version: "1.2.3",
      category: "prod",
    });
    const ids = log.runs.map((run) => `${run.tool.driver.name} ${run.automationDetails?.id}`);
    expect(ids).toEqual([
      "Sluice secrets sluice/prod/secrets/",
      "Sluice dependencies sluice/prod/dependencies/",
    ]);
    expect(log.runs[0]!.results![0]).toMatchObject({
      ruleId: "aws-access-key-id",
      ruleIndex: 0,
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "a%20b/c.env" },
            region: { startLine: 3, startColumn: 5 },
          },
        },
      ],
      partialFingerprints: { "sluice/v1": "f1" },
    });
  });

  test("keeps the worst when there are more results than code scanning shows, and says so", () => {
    const findings = Array.from({ length: 6000 }, (_, index) =>
      finding({ severity: index === 5999 ? "critical" : "low", fingerprint: `f${index}` }),
    );
    const [run] = sarifLog([input({ findings })], { version: "1.0.0" }).runs;
    expect(run!.results).toHaveLength(5000);
    expect(run!.results[0]!.partialFingerprints["sluice/v1"]).toBe("f5999");
    expect(JSON.stringify(run!.invocations)).toContain("6000 results");
  });

  test("a scanner that failed did not execute successfully: its silence is no result", () => {
    const [run] = sarifLog([input({ isSuccessful: false, findings: [] })], { version: "1.0.0" }).runs;
    expect(run!.invocations[0]!.executionSuccessful).toBe(false);
  });

  test("what was accepted stays visible, with its reason", () => {
    const suppressed = [{ ...finding(), reason: "a test key" }];
    const [run] = sarifLog([input({ findings: [], suppressed })], { version: "1.0.0" }).runs;
    expect(run!.results[0]!.suppressions).toEqual([
      { kind: "external", status: "accepted", justification: "a test key" },
    ]);
  });

  test("the severity of a rule is the score of its worst finding", () => {
    const findings = [finding({ score: 7.1 }), finding({ score: 9.8, severity: "critical" })];
    const [run] = sarifLog([input({ findings })], { version: "1.0.0" }).runs;
    expect(run!.tool.driver.rules[0]!.properties["security-severity"]).toBe("9.8");
  });

  test("more than 20 runs are refused: the upload would be", () => {
    const many = Array.from({ length: 21 }, (_, index) => input({ scanner: `s${index}` }));
    expect(() => sarifLog(many, { version: "1.0.0" })).toThrow(RangeError);
  });

  test.each([
    ["./a/b.ts", "a/b.ts"],
    ["/abs/x#1.ts", "abs/x%231.ts"],
    ["C:\\a\\b", "a/b"],
  ])("%s becomes the relative URI %s", (path, uri) => expect(relativeUri(path)).toBe(uri));
});

describe("the hash of a line", () => {
  test("does not see white space and line endings, and tells equal lines apart", () => {
    const filler = "z".repeat(120);
    const unix = lineHashes(`a b\n${filler}\na b\n${filler}\n`, [1, 2, 3]);
    const dos = lineHashes(`  ab\r\n${filler}\r\na\tb\r\n${filler}\r\n`, [1, 2, 3]);
    expect(dos).toEqual(unix);
    expect(unix.get(1)!.replace(/:1$/, ":2")).toBe(unix.get(3));
    expect(unix.get(1)).toMatch(/^[0-9a-f]{1,16}:1$/);
  });

  test("a line that does not exist has none", () => expect(lineHashes("one\n", [7]).size).toBe(0));
});
