import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ScanRequest } from "./request.ts";
import { scan } from "./scan.ts";
import { startOsvServer } from "./testing/osv-server.ts";
import { lockFile, records } from "./testing/records.ts";
import { ImpatientClock, TestRepository } from "./testing/repository.ts";
import { zipOf } from "./testing/zip.ts";

const scanDependencies = async (repository: TestRepository, over: Partial<ScanRequest> = {}) => {
  const result = await scan({
    directory: repository.directory,
    outputDirectory: repository.output,
    artifacts: [],
    osv: { kind: "none" },
    threshold: "high",
    only: ["dependencies"],
    clock: new ImpatientClock(),
    ...over,
  });
  return { ...result, report: result.details.scanners[0]! };
};

/** The folder layout of the OSV exports: a folder for each ecosystem with its all.zip. */
const exported = {
  "osv/npm/all.zip": zipOf(
    Object.fromEntries(records.map((record) => [`${record.id}.json`, JSON.stringify(record)])),
  ),
};
const loose = Object.fromEntries(records.map((record) => [`osv/${record.id}.json`, JSON.stringify(record)]));

function shop(files: Readonly<Record<string, string | Uint8Array>> = {}): TestRepository {
  const repository = new TestRepository({ git: false });
  repository.write({ "package-lock.json": lockFile, ...files });
  return repository;
}

describe("vulnerabilities of dependencies (R137, R139, R149)", () => {
  test("say what, where, how bad, who brings it, and what to do", async () => {
    const repository = shop(exported);
    const { report, status, problems } = await scanDependencies(repository, {
      osv: { kind: "offline", path: `${repository.directory}/osv` },
    });
    expect(status).toBe("failed");
    expect(report.findings).toMatchObject([
      {
        rule: "GHSA-aaaa-bbbb-cccc",
        severity: "critical",
        score: 9.8,
        message:
          "left-merge 1.2.0 (direct): Prototype pollution in left-merge (GHSA-aaaa-bbbb-cccc, CVE-2026-0001, CVSS 9.8). Fixed in 1.2.3.",
        location: { file: "package-lock.json", line: 21 },
        package: { name: "left-merge", isDirect: true, isDevelopment: false, fixedIn: "1.2.3" },
        remedy: "Run `npm install left-merge@1.2.3`.",
      },
      {
        rule: "GHSA-dddd-eeee-ffff",
        severity: "medium",
        package: { isDirect: false, isDevelopment: true, fixedIn: null },
      },
    ]);
    expect(lockFile.split("\n")[20]).toContain("node_modules/left-merge");
    expect(problems.map(({ severity }) => severity)).toEqual(["error", "warning"]);
    expect(report.message).toMatch(/3 packages of package-lock\.json against .*osv \(sha256:[0-9a-f]{64}\)/);
  });

  test("below the threshold the scan is clean, and still tells them", async () => {
    const repository = shop(exported);
    repository.write({ "package-lock.json": lockFile.replace('"1.2.0"', '"1.2.3"') });
    const { report, status } = await scanDependencies(repository, {
      osv: { kind: "offline", path: `${repository.directory}/osv/npm/all.zip` },
    });
    expect({ status, outcome: report.outcome, count: report.findings.length }).toEqual({
      status: "succeeded",
      outcome: "clean",
      count: 1,
    });
    const strict = await scanDependencies(repository, {
      threshold: "medium",
      osv: { kind: "offline", path: `${repository.directory}/osv` },
    });
    expect(strict.report.outcome).toBe("findings");
  });

  test("online, a folder of records and a zip agree", async () => {
    const server = await startOsvServer(records, 1);
    const zipped = shop(exported);
    const folder = shop(loose);
    const results = [
      await scanDependencies(zipped, { osv: { kind: "online", url: server.url } }),
      await scanDependencies(zipped, { osv: { kind: "offline", path: `${zipped.directory}/osv` } }),
      await scanDependencies(folder, { osv: { kind: "offline", path: `${folder.directory}/osv` } }),
    ];
    expect(results[0]!.report.findings).toHaveLength(2);
    for (const { report } of results) expect(report.findings).toEqual(results[0]!.report.findings);
    // One page held one answer, so the batch was asked twice.
    expect(server.requests.filter((request) => request === "POST /v1/querybatch")).toHaveLength(2);
  });

  test("a lock file with thousands of packages is asked for in batches of at most 1,000", async () => {
    const packages = Object.fromEntries(
      Array.from({ length: 2500 }, (_, index) => [`node_modules/p${index}`, { version: "1.0.0" }]),
    );
    const repository = shop({
      "package-lock.json": JSON.stringify({ lockfileVersion: 3, packages: { "": {}, ...packages } }),
    });
    const server = await startOsvServer([]);
    const { report } = await scanDependencies(repository, { osv: { kind: "online", url: server.url } });
    expect(report.outcome).toBe("clean");
    expect(server.requests).toEqual(Array(3).fill("POST /v1/querybatch"));
  });

  test("python, go and rust are looked up by the order of their own versions", async () => {
    const affected = (ecosystem: string, name: string, fixed: string) => ({
      id: `OSV-${ecosystem}`,
      affected: [
        {
          package: { ecosystem, name },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] }],
        },
      ],
      database_specific: { severity: "HIGH" },
    });
    const repository = new TestRepository({ git: false });
    repository.write({
      "requirements.txt": "Some_Lib==1.0rc1 ; python_version > '3'\nother>=2\n",
      "go.mod":
        "module x\n\nrequire (\n\texample.test/a/v2 v2.0.0-20260101000000-abcdefabcdef // indirect\n)\n",
      "Cargo.lock":
        'version = 4\n\n[[package]]\nname = "app"\nversion = "0.1.0"\ndependencies = [\n "serde-x",\n]\n\n[[package]]\nname = "serde-x"\nversion = "1.0.9"\nsource = "registry+https://x"\n',
      "osv/a.json": JSON.stringify(affected("PyPI", "some-lib", "1.0")),
      "osv/b.json": JSON.stringify(affected("Go", "example.test/a/v2", "2.0.0")),
      "osv/c.json": JSON.stringify(affected("crates.io", "serde-x", "1.0.10")),
    });
    const { report } = await scanDependencies(repository, {
      osv: { kind: "offline", path: `${repository.directory}/osv` },
    });
    expect(
      report.findings.map(({ rule, location, package: found }) => [
        rule,
        location?.file,
        location?.line,
        found?.isDirect,
      ]),
    ).toEqual([
      ["OSV-crates.io", "Cargo.lock", 10, true],
      ["OSV-Go", "go.mod", 4, false],
      ["OSV-PyPI", "requirements.txt", 1, true],
    ]);
    expect(report.notes).toEqual([
      expect.stringContaining("requirements.txt:2: other>=2 has no fixed version"),
    ]);
  });
});

describe("a scanner that could not look is never clean", () => {
  test.each([
    ["a folder that is not there", { "x.txt": "" }, /does not exist/],
    [
      "no records of the ecosystem",
      {
        "osv/a.json": JSON.stringify({ id: "A", affected: [{ package: { ecosystem: "PyPI", name: "x" } }] }),
      },
      /no records of npm/,
    ],
    ["a record that is cut off", { ...loose, "osv/z.json": '{"id": "Z", "aff' }, /not JSON: .*z\.json/],
    ["a file that is no record", { ...loose, "osv/z.json": "[]" }, /no OSV record: .*z\.json/],
    ["a zip that is cut off", { "osv/all.zip": exported["osv/npm/all.zip"].subarray(0, 300) }, /is no zip/],
  ])("%s is an error", async (_, files, message) => {
    const repository = shop(files);
    const { report, reasonCode, problems } = await scanDependencies(repository, {
      osv: { kind: "offline", path: `${repository.directory}/osv` },
    });
    expect(report.outcome).toBe("error");
    expect(reasonCode).toBe("scan.error");
    expect(report.message).toMatch(message);
    expect(problems[0]!.remedy).toBeTruthy();
  });

  test.each([
    ["500 each time", 500, "", 4],
    ["429 each time", 429, "", 4],
    ["401", 401, "", 1],
    ["garbage", 200, "<html>", 4],
    ["fewer answers than questions", 200, '{"results": []}', 1],
  ])("%s from the API is an error", async (_, status, body, tries) => {
    const server = await startOsvServer(records);
    server.intercept = (_request, response) => {
      response.writeHead(status).end(body);
      return true;
    };
    const { report, problems } = await scanDependencies(shop(), { osv: { kind: "online", url: server.url } });
    expect(report.outcome).toBe("error");
    expect(problems).toMatchObject([{ reasonCode: "scan.osv-unavailable" }]);
    expect(server.requests).toHaveLength(tries);
  });

  test("nobody listening is an error", async () => {
    const { report } = await scanDependencies(shop(), { osv: { kind: "online", url: "http://127.0.0.1:1" } });
    expect(report.outcome).toBe("error");
  });

  test("an outage that passes is survived, and Retry-After is heeded", async () => {
    const server = await startOsvServer(records);
    server.intercept = (_request, response, count) => {
      if (count === 1) response.writeHead(503).end();
      else if (count === 2) response.writeHead(429, { "retry-after": "7" }).end();
      else if (count === 3) response.destroy();
      return count <= 3;
    };
    const clock = new ImpatientClock();
    const { report } = await scanDependencies(shop(), { osv: { kind: "online", url: server.url }, clock });
    expect(report.findings).toHaveLength(2);
    expect(clock.waits).toEqual([500, 7000, 2000]);
  });

  test("no source configured, or no lock file, is skipped", async () => {
    const none = await scanDependencies(shop());
    expect([none.report.outcome, none.status, none.reasonCode]).toEqual([
      "skipped",
      "skipped",
      "scan.skipped",
    ]);
    const empty = new TestRepository({ git: false });
    const { report } = await scanDependencies(empty, { osv: { kind: "online", url: "http://127.0.0.1:1" } });
    expect(report).toMatchObject({ outcome: "skipped", message: "There is no lock file." });
  });

  test("a lock file of a kind that cannot be read keeps the rest from being clean", async () => {
    const repository = shop({
      "web/yarn.lock": "# yarn lockfile v1\n",
      "osv/a.json": JSON.stringify({ id: "A", affected: [{ package: { ecosystem: "npm", name: "x" } }] }),
    });
    const { report } = await scanDependencies(repository, {
      osv: { kind: "offline", path: `${repository.directory}/osv` },
    });
    expect(report.outcome).toBe("skipped");
    expect(report.notes[0]).toContain("web/yarn.lock");
  });

  test.each([
    ["cut in half", lockFile.slice(0, lockFile.length / 2), /not valid JSON/],
    ["of npm 6", '{"lockfileVersion": 1, "dependencies": {}}', /lockfileVersion is 1/],
  ])("a lock file %s is an error with its name", async (_, content, message) => {
    const { report, problems } = await scanDependencies(shop({ ...exported, "package-lock.json": content }), {
      osv: { kind: "online", url: "http://127.0.0.1:1" },
    });
    expect(report.outcome).toBe("error");
    expect(problems[0]).toMatchObject({
      reasonCode: "scan.lockfile-invalid",
      message: expect.stringMatching(message),
      location: { file: "package-lock.json" },
    });
  });

  test("SARIF of an error says that the run did not succeed", async () => {
    const { details } = await scanDependencies(shop(), {
      osv: { kind: "online", url: "http://127.0.0.1:1" },
    });
    const log = JSON.parse(readFileSync(details.files.sarif!, "utf8"));
    expect(log.runs[0].invocations[0].executionSuccessful).toBe(false);
  });
});
