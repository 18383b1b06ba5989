import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ScanRequest } from "./request.ts";
import { scan } from "./scan.ts";
import { ImpatientClock, TestRepository } from "./testing/repository.ts";

const secret = ["sk_live", "4eC39HqLyjWDarjtT1zdp7dc"].join("_");
const other = ["sk_live", "9xQ39HqLyjWDarjtT1zdp7aa"].join("_");

const scanSecrets = async (repository: TestRepository, over: Partial<ScanRequest> = {}) => {
  const result = await scan({
    directory: repository.directory,
    outputDirectory: repository.output,
    artifacts: [],
    osv: { kind: "none" },
    threshold: "high",
    only: ["secrets"],
    clock: new ImpatientClock(),
    ...over,
  });
  return { ...result, report: result.details.scanners[0]! };
};

describe("the search for secrets in a repository (R140, R033)", () => {
  test("finds one in a tracked file, with its line, and never writes it down", async () => {
    const repository = new TestRepository();
    repository.commit({ "src/a.ts": `// one\nconst key = "${secret}";\n` });
    const { report, status, reasonCode, problems, details } = await scanSecrets(repository);
    expect({ status, reasonCode }).toEqual({ status: "failed", reasonCode: "scan.findings" });
    expect(report.findings).toMatchObject([
      {
        rule: "stripe-secret-key",
        severity: "critical",
        location: { file: "src/a.ts", line: 2, column: 14 },
      },
    ]);
    expect(problems[0]).toMatchObject({ severity: "error", location: { file: "src/a.ts", line: 2 } });
    const written = JSON.stringify({ details, problems }) + readFileSync(details.files.sarif!, "utf8");
    expect(written).not.toContain(secret.slice(8));
    expect(written).not.toContain(secret.slice(0, 9));
  });

  test("finds one in a file that was not added yet", async () => {
    const repository = new TestRepository();
    repository.commit({ "a.txt": "nothing here\n" });
    repository.write({ "src/new.ts": `const key = "${secret}";\n` });
    const { report } = await scanSecrets(repository);
    expect(report.findings).toMatchObject([{ location: { file: "src/new.ts", line: 1 } }]);
  });

  test("a clean repository is clean, and what was left out is said", async () => {
    const repository = new TestRepository();
    repository.commit({
      "a.txt": "nothing here\n",
      "logo.png": Buffer.concat([Buffer.from([0x89, 0, 1, 2]), Buffer.from(secret)]),
      "large.txt": Buffer.alloc(10 * 1024 * 1024 + 1, "a"),
    });
    const { report, status } = await scanSecrets(repository);
    expect(report).toMatchObject({ outcome: "clean", findings: [] });
    expect(status).toBe("succeeded");
    expect(report.notes.join("\n")).toMatch(/large\.txt was not looked at[\s\S]*1 binary files.*logo\.png/);
  });

  test("ignored files and links are no part of it; a file in UTF-16 is", async () => {
    const repository = new TestRepository();
    repository.write({ ".gitignore": ".env\n", ".env": `KEY=${secret}\n` });
    symlinkSync(join(repository.directory, ".env"), join(repository.directory, "link"));
    repository.commit({
      "wide.txt": Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`x ${other}\n`, "utf16le")]),
    });
    const { report } = await scanSecrets(repository);
    expect(report.findings.map(({ location }) => location?.file)).toEqual(["wide.txt"]);
  });

  test("a secret that a commit of the release added and a later one removed is found, at its commit and line", async () => {
    const repository = new TestRepository();
    const first = repository.commit({ "a.ts": "1\n" });
    const leak = repository.commit({ "dir with space/ü.ts": `1\n2\n+++ b/x\nconst k = "${secret}";\n` });
    const last = repository.commit({ "dir with space/ü.ts": "1\n" });
    const { report } = await scanSecrets(repository, { commits: { from: first, to: last } });
    expect(report.findings).toMatchObject([
      { commit: leak, location: { file: "dir with space/ü.ts", line: 4 }, rule: "stripe-secret-key" },
    ]);
    expect(report.message).toContain("2 commits");
    const before = await scanSecrets(repository, { commits: { from: leak, to: last } });
    expect(before.report.outcome).toBe("clean");
  });

  test("what is in the tree and in a commit is told once", async () => {
    const repository = new TestRepository();
    repository.commit({ "a.ts": `const k = "${secret}";\n` });
    const { report } = await scanSecrets(repository, { commits: { from: null, to: "HEAD" } });
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]!.commit).toBeUndefined();
  });

  test("a commit that is not there (a shallow clone) is an error with a remedy, never clean", async () => {
    const repository = new TestRepository();
    repository.commit({ "a.ts": "1\n" });
    const { report, problems, reasonCode } = await scanSecrets(repository, {
      commits: { from: "0123456789012345678901234567890123456789", to: "HEAD" },
    });
    expect(report.outcome).toBe("error");
    expect(reasonCode).toBe("scan.error");
    expect(problems).toMatchObject([
      { reasonCode: "scan.git-failed", remedy: expect.stringContaining("fetch-depth: 0") },
    ]);
  });

  test("an option in place of a commit is refused", async () => {
    const repository = new TestRepository();
    repository.commit({ "a.ts": "1\n" });
    const { report } = await scanSecrets(repository, { commits: { from: null, to: "--output=/tmp/x" } });
    expect(report.outcome).toBe("error");
  });

  test("without git the directory is walked as .gitignore says, nested ones too", async () => {
    const repository = new TestRepository({ git: false });
    repository.write({
      ".gitignore": "ignored/\n",
      "ignored/a.ts": `"${secret}"`,
      "sub/.gitignore": "/local.ts\n",
      "sub/local.ts": `"${secret}"`,
      "sub/deep/local.ts": `"${other}"`,
      "node_modules/x/index.js": `"${secret}"`,
    });
    const { report } = await scanSecrets(repository);
    expect(report.findings.map(({ location }) => location?.file)).toEqual(["sub/deep/local.ts"]);
  });

  test("when the time is up the scan is an error, and says what was left out", async () => {
    const repository = new TestRepository();
    repository.commit({ "a.ts": `"${secret}"\n`, "b.ts": "1\n" });
    const { report, problems } = await scanSecrets(repository, { secretBudgetSeconds: 0 });
    expect(report.outcome).toBe("error");
    expect(report.notes).toEqual([expect.stringContaining("2 files from a.ts on")]);
    expect(problems[0]).toMatchObject({ reasonCode: "scan.incomplete" });
  });

  test("a cancel ends it", async () => {
    const repository = new TestRepository();
    repository.commit({ "a.ts": "1\n" });
    await expect(scanSecrets(repository, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow(
      "stop",
    );
  });
});

describe("suppressions", () => {
  test("a comment with a reason on the line or the one above accepts a finding, and stays visible", async () => {
    const repository = new TestRepository();
    repository.commit({
      "a.ts": `const k = "${secret}"; // sluice:allow stripe-secret-key reason="a key of the vendor's own tests"\n`,
      "b.yml": `# sluice:allow stripe-secret-key reason='revoked in 2020'\nkey: ${other}\n`,
    });
    const { report } = await scanSecrets(repository);
    expect(report.outcome).toBe("clean");
    expect(report.suppressed.map(({ reason }) => reason)).toEqual([
      "a key of the vendor's own tests",
      "revoked in 2020",
    ]);
  });

  test.each([
    ["no reason", "sluice:allow stripe-secret-key"],
    ["another rule", 'sluice:allow github-token reason="no"'],
  ])("with %s it accepts nothing", async (_, comment) => {
    const repository = new TestRepository();
    repository.commit({ "a.ts": `const k = "${secret}"; // ${comment}\n` });
    const { report, problems } = await scanSecrets(repository);
    expect(report.outcome).toBe("findings");
    if (!comment.includes("reason"))
      expect(problems[0]).toMatchObject({ reasonCode: "scan.suppression-invalid", location: { line: 1 } });
  });

  test(".sluiceignore accepts until its date; after it the finding counts and the owner is named", async () => {
    const repository = new TestRepository();
    repository.commit({
      "test/a.ts": `const k = "${secret}";\n`,
      ".sluiceignore":
        '# accepted\nstripe-secret-key test/** expires=2030-01-31 owner=ada reason="test account"\n',
    });
    const at = (day: string) => ({ now: () => Date.parse(day), sleep: async () => {} });
    const before = await scanSecrets(repository, { clock: at("2030-01-31T12:00:00Z") });
    expect(before.report).toMatchObject({
      outcome: "clean",
      suppressed: [{ owner: "ada", expires: "2030-01-31" }],
    });
    const after = await scanSecrets(repository, { clock: at("2030-02-01T00:00:00Z") });
    expect(after.report.outcome).toBe("findings");
    expect(after.problems).toContainEqual(
      expect.objectContaining({
        reasonCode: "scan.suppression-expired",
        message: expect.stringContaining("ada"),
        location: { file: ".sluiceignore", line: 2 },
      }),
    );
  });

  test("a line of .sluiceignore without reason or date is an error", async () => {
    const repository = new TestRepository();
    repository.commit({ "a.ts": "1\n", ".sluiceignore": 'stripe-secret-key ** reason="x"\nGHSA-1 **\n' });
    const { problems } = await scanSecrets(repository);
    expect(problems.map(({ reasonCode, location }) => [reasonCode, location?.line])).toEqual([
      ["scan.suppression-invalid", 1],
      ["scan.suppression-invalid", 2],
    ]);
  });
});
