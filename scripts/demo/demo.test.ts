import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { type LoadReport, startLoad } from "./load.ts";
import { loadSummary, percentile } from "./load-summary.ts";
import { judgeDemo, type ReleaseRun } from "./measure.ts";
import { toTable } from "./table.ts";

const load = (change: Partial<LoadReport> = {}): LoadReport => ({
  startedAt: 0,
  finishedAt: 10_000,
  requests: 2400,
  failed: 0,
  causes: {},
  versions: {},
  seconds: [],
  latencies: [],
  ...change,
});
const release = (version: string, change: Partial<ReleaseRun> = {}): ReleaseRun => ({
  version,
  title: version,
  exitCode: 0,
  status: "succeeded",
  results: [],
  secondsToVerdict: null,
  secondsUntilBack: null,
  sent: 1000,
  failed: 0,
  badResponses: 0,
  ...change,
});
const good = [release("1.0.0"), release("2.0.0"), release("3.0.0", { status: "rolled_back", exitCode: 1 })];

describe("the demonstration counts", () => {
  test("when the good release lost nothing, the bad one was taken back, and nothing is left", () => {
    expect(judgeDemo(good, load(), [])).toEqual([]);
  });

  test.each([
    ["the good release lost a request", [good[0]!, release("2.0.0", { failed: 1 }), good[2]!], load(), []],
    [
      "the good release was taken back",
      [good[0]!, release("2.0.0", { status: "rolled_back" }), good[2]!],
      load(),
      [],
    ],
    ["the bad release was promoted", [good[0]!, good[1]!, release("3.0.0", { exitCode: 1 })], load(), []],
    ["the bad release ended with 0", [good[0]!, good[1]!, { ...good[2]!, exitCode: 0 }], load(), []],
    ["the load was too small", good, load({ requests: 1500 }), []],
    ["something is left running", good, load(), ["http://127.0.0.1:4801 answers"]],
  ])("not when %s", (_, releases, sent, leftovers) => {
    expect(judgeDemo(releases, sent, leftovers)).toHaveLength(1);
  });
});

test("a summary holds only what happened between two reports", () => {
  const before = load({ requests: 10, failed: 1, causes: { "HTTP 500": 1 }, latencies: [0, 9, 0, 1] });
  const after = load({
    requests: 30,
    failed: 4,
    causes: { "HTTP 500": 2, timeout: 2 },
    latencies: [0, 19, 10, 1],
  });
  const summary = loadSummary(after, before, 4000);
  expect(summary).toMatchObject({ sent: 20, succeeded: 17, seconds: 6 });
  expect(summary.failures).toEqual([
    { cause: "HTTP 500", count: 1 },
    { cause: "timeout", count: 2 },
  ]);
  expect(summary.latency).toEqual({ p50: 1, p99: 2, max: 2 });
});

test("a percentile is the smallest latency that this share did not exceed", () => {
  expect(percentile([0, 50, 49, 1], 0.5)).toBe(1);
  expect(percentile([0, 50, 49, 1], 0.99)).toBe(2);
});

test("the table has a column for each release and says what failed by cause", () => {
  const table = toTable(good, load({ failed: 3, causes: { "HTTP 500": 3 } }), 61);
  expect(table).toMatch(/1\.0\.0 +2\.0\.0 +3\.0\.0/);
  expect(table).toContain("rolled_back");
  expect(table).toContain("failed: 3 HTTP 500");
});

test("the load keeps account of every answer, by version and by cause", async () => {
  let answered = 0;
  const server = createServer((_, response) => {
    answered++;
    response.setHeader("x-deployment-version", "1.0.0");
    response.statusCode = answered % 10 === 0 ? 503 : 200;
    response.end("ok");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const running = startLoad([
    { url: `http://127.0.0.1:${port}`, requestsPerSecond: 200, requests: [{ method: "GET", path: "/" }] },
  ]);
  await expect.poll(() => running.report().requests).toBeGreaterThan(60);
  const report = await running.stop();
  server.close();
  expect(report.requests).toBe(answered);
  expect(report.versions["1.0.0"]).toMatchObject({ requests: answered, failed: Math.floor(answered / 10) });
  expect(report.causes).toEqual({ "HTTP 503": Math.floor(answered / 10) });
});
