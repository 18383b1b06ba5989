import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Check, Refusal } from "@sluice/documents";
import { parseTextFormat } from "@sluice/metrics";
import type { Progress } from "@sluice/ports";
import { VirtualClock } from "@sluice/testing/clock";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ServiceToVerify, SmokeRequest, VerifyRequest } from "./request.ts";
import { metricsOf, serve, wellBehaved } from "./testing/fake-service.ts";
import { verify } from "./verify.ts";

const requestOf = (part: Partial<VerifyRequest>): VerifyRequest => ({
  services: [],
  readMetrics: parseTextFormat,
  clock: new VirtualClock(),
  ...part,
});
const serviceAt = (url: string | null, part: Partial<ServiceToVerify> = {}): ServiceToVerify => ({
  name: "orders",
  url,
  expectedVersion: null,
  ...part,
});
/** Health alone. */
const healthOf = async (service: ServiceToVerify, part: Partial<VerifyRequest> = {}) => {
  const outcome = await verify(requestOf({ services: [service], readMetrics: null, ...part }));
  return { ...outcome, check: outcome.details.checks[0]! };
};
/** A port on which nothing listens. */
const closedPort = "http://127.0.0.1:1";

describe("a release that is as it must be", () => {
  test("passes health, version, metrics, smoke and database (R303, R314, R315, R319, R340, R341, R344)", async () => {
    const { url } = await wellBehaved("2.0.0");
    const recorded: Check[] = [];
    const smoke = { name: "list", path: "/orders", json: { items: [] } };
    const outcome = await verify(
      requestOf({
        services: [serviceAt(url, { expectedVersion: "2.0.0", smoke: [smoke] })],
        database: async () => "PostgreSQL 18.1",
        record: (check) => void recorded.push(check),
      }),
    );
    expect(outcome).toMatchObject({ status: "succeeded", reasonCode: "verify.passed", problems: [] });
    expect(outcome.details.checks).toMatchObject([
      { name: "orders: health", passed: true, message: 'HTTP 200 at attempt 1/10: {"status":"ok"}' },
      { name: "orders: version", passed: true, message: "2.0.0, in 5 answers in a row" },
      { name: "orders: metrics", passed: true },
      { name: 'orders: smoke "list"', passed: true },
      { name: "database", passed: true, message: "PostgreSQL 18.1" },
    ]);
    expect(recorded).toHaveLength(5);
    expect(recorded).toEqual(expect.arrayContaining(outcome.details.checks));
  });

  test("is asked anew each time", async () => {
    let status = 200;
    const { url } = await serve((_request, response) => void response.writeHead(status).end());
    expect((await healthOf(serviceAt(url))).status).toBe("succeeded");
    status = 500;
    expect((await healthOf(serviceAt(url))).status).toBe("failed");
  });
});

describe("the health check", () => {
  test("is made 10 times with 5 seconds between by default, then says what may help (R316, R479)", async () => {
    const { url, seen } = await serve((_request, response) => void response.writeHead(503).end("warming up"));
    const clock = new VirtualClock({ start: 0 });
    const { status, reasonCode, check, problems } = await healthOf(serviceAt(url), { clock });
    expect({ status, reasonCode }).toEqual({ status: "failed", reasonCode: "verify.unhealthy" });
    expect(check).toMatchObject({ attempts: 10, seconds: 45, passed: false });
    expect(check.message).toContain("HTTP 503: warming up");
    expect(problems[0]!.remedy).toContain("raise `healthCheck.initialDelay`");
    expect(seen).toHaveLength(10);
    expect(clock.now()).toBe(45_000);
  });

  test("passes as soon as the service is well, and says each attempt n/N (R343)", async () => {
    const { url, seen } = await serve(
      (_request, response, count) => void response.writeHead(count < 3 ? 503 : 200).end(),
    );
    const said: Progress[] = [];
    const { check } = await healthOf(serviceAt(url), { onProgress: (progress) => said.push(progress) });
    expect(check).toMatchObject({ passed: true, attempts: 3, seconds: 10 });
    expect(seen).toHaveLength(3);
    expect(said.slice(0, 2)).toMatchObject([
      { text: "health: attempt 1/10: HTTP 503: (empty)" },
      { text: "health: attempt 2/10: HTTP 503: (empty)" },
    ]);
  });

  test("tells a service that is not there from one that is not well (R343)", async () => {
    const { check, reasonCode, problems } = await healthOf(serviceAt(closedPort));
    expect(reasonCode).toBe("verify.unreachable");
    expect(check.message).toContain("connection refused (ECONNREFUSED)");
    expect(problems[0]!.remedy).toContain("PORT");
  });

  test("waits for the initial delay of a service that was just started (R317)", async () => {
    const { url } = await wellBehaved("1");
    const clock = new VirtualClock({ start: 0 });
    await healthOf(serviceAt(url, { healthCheck: { initialDelaySeconds: 30 } }), { clock });
    expect(clock.now()).toBe(30_000);
  });

  test("of a service that was ready waits for nothing and gives up at the failure threshold (R317)", async () => {
    const { url, seen } = await serve((_request, response) => void response.writeHead(500).end());
    const clock = new VirtualClock({ start: 0 });
    const healthCheck = { initialDelaySeconds: 30, failureThreshold: 3, delaySeconds: 2 };
    const { check } = await healthOf(serviceAt(url, { wasReady: true, healthCheck }), { clock });
    expect(check).toMatchObject({ passed: false, attempts: 3 });
    expect(seen).toHaveLength(3);
    expect(clock.now()).toBe(4000);
  });

  test("does not wait longer than its timeout for an answer (R316)", async () => {
    const { url } = await serve(() => {});
    const healthCheck = { timeoutSeconds: 0.05, retries: 2 };
    const { check, reasonCode } = await healthOf(serviceAt(url, { healthCheck }));
    expect(check.message).toContain("no answer within 0.05 s");
    expect(reasonCode).toBe("verify.unreachable");
  });

  test("takes 200 alone for well: neither 204 nor a redirect to a page that is (R315)", async () => {
    const { url } = await serve(({ path }, response) => {
      if (path === "/elsewhere") response.writeHead(200).end();
      else response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect((await healthOf(serviceAt(url, { healthCheck: { retries: 1 } }))).check.message).toContain(
      "HTTP 302",
    );
  });

  test.each([
    [null, "there is no URL"],
    ["orders", "not a URL"],
  ])("of a service at %s is a failure with a remedy (R344)", async (url, message) => {
    const { check, reasonCode } = await healthOf(serviceAt(url));
    expect(reasonCode).toBe("verify.unreachable");
    expect(check.message).toContain(message);
  });
});

describe("services", () => {
  test("are asked at the same time", async () => {
    let arrived = 0;
    const { promise: both, resolve } = Promise.withResolvers<void>();
    const { url } = await serve(async (_request, response) => {
      if (++arrived === 2) resolve();
      await both;
      response.end();
    });
    const services = ["orders", "web"].map((name) => serviceAt(url, { name }));
    expect((await verify(requestOf({ services, readMetrics: null }))).status).toBe("succeeded");
  });

  test("that are not healthy are asked for nothing else, while the others are (R332, R476)", async () => {
    const { url } = await wellBehaved("1");
    const smoke: SmokeRequest[] = [{ name: "list", path: "/orders" }];
    const recorded: string[] = [];
    const { details, problems, status } = await verify(
      requestOf({
        services: [
          serviceAt(closedPort, { smoke, expectedVersion: "1", healthCheck: { retries: 1 } }),
          serviceAt(url, { name: "web", smoke, expectedVersion: "1" }),
        ],
        smoke: [{ ...smoke[0]!, name: "all", service: "orders" }],
        record: ({ name }) => void recorded.push(name),
      }),
    );
    expect(status).toBe("failed");
    expect(details.checks.map(({ name, passed, attempts }) => [name, passed, attempts])).toEqual([
      ["orders: health", false, 1],
      ['orders: smoke "list"', false, 0],
      ["web: health", true, 1],
      ["web: version", true, 1],
      ["web: metrics", true, 1],
      ['web: smoke "list"', true, 1],
      ['orders: smoke "all"', false, 0],
    ]);
    expect(problems.map(({ reasonCode }) => reasonCode)).toEqual(["verify.unreachable"]);
    expect(recorded).not.toContain('orders: smoke "list"');
  });
});

describe("the version that is served", () => {
  test("must be the one that was deployed (R303)", async () => {
    const { url } = await wellBehaved("1.0.0");
    const { reasonCode, details } = await verify(
      requestOf({ services: [serviceAt(url, { expectedVersion: "2.0.0" })] }),
    );
    expect(reasonCode).toBe("verify.wrong-version");
    expect(details.checks[1]).toMatchObject({
      kind: "version",
      attempts: 3,
      message: "it serves 1.0.0 instead of 2.0.0",
    });
  });

  test("is asked again while replicas of the old one are draining", async () => {
    const { url } = await serve(({ path }, response, count) => {
      response.end(path === "/metrics" ? metricsOf(count === 3 ? "1.0.0" : "2.0.0") : "");
    });
    const { details } = await verify(requestOf({ services: [serviceAt(url, { expectedVersion: "2.0.0" })] }));
    expect(details.checks[1]).toMatchObject({ passed: true, attempts: 2 });
  });

  test("does not hide one old replica behind a balancer", async () => {
    const { url } = await serve(({ path }, response, count) => {
      response.end(path === "/metrics" ? metricsOf(count % 4 === 0 ? "1.0.0" : "2.0.0") : "");
    });
    const { reasonCode } = await verify(
      requestOf({ services: [serviceAt(url, { expectedVersion: "2.0.0" })] }),
    );
    expect(reasonCode).toBe("verify.wrong-version");
  });

  test("is read from a header where metrics are not asked for", async () => {
    const { url, seen } = await wellBehaved("2.0.0");
    const services = [serviceAt(url, { expectedVersion: "2.0.0" })];
    expect((await verify(requestOf({ services, readMetrics: null }))).status).toBe("succeeded");
    expect(seen.map(({ path }) => path)).not.toContain("/metrics");
  });
});

describe("the metrics endpoint (R303, R344)", () => {
  test.each([
    [404, "", "/metrics answers HTTP 404"],
    [200, "<html>", "cannot be read: line 1"],
    [200, "http_requests_total 7\n", 'has no deployment_version{version="…"}'],
  ])("HTTP %d %j fails the verification", async (status, page, message) => {
    const { url } = await serve(({ path }, response) => {
      if (path === "/metrics") response.writeHead(status).end(page);
      else response.end();
    });
    const outcome = await verify(requestOf({ services: [serviceAt(url)] }));
    expect(outcome.reasonCode).toBe("verify.metrics-unusable");
    expect(outcome.problems[0]!.message).toContain(message);
  });
});

describe("cancelled", () => {
  test("while it waits, it ends and says what it knows", async () => {
    const { url } = await serve((_request, response) => void response.writeHead(503).end());
    const { url: well } = await wellBehaved("1");
    const abort = new AbortController();
    const outcome = await verify(
      requestOf({
        services: [serviceAt(url), serviceAt(well, { name: "web" })],
        readMetrics: null,
        clock: new VirtualClock({ isManual: true }),
        signal: abort.signal,
        record: ({ name }) => {
          if (name === "web: health") abort.abort(new Error("SIGINT"));
        },
      }),
    );
    expect(outcome).toMatchObject({ status: "cancelled", reasonCode: "run.cancelled" });
    expect(outcome.details.checks.map(({ name }) => name)).toEqual(["web: health"]);
  });

  test("while a request is under way, it does not wait for the answer", async () => {
    const abort = new AbortController();
    const { url } = await serve(() => abort.abort(new Error("SIGTERM")));
    expect((await healthOf(serviceAt(url), { signal: abort.signal })).status).toBe("cancelled");
  });
});

test("nothing to check is not a pass", async () => {
  expect(await verify(requestOf({}))).toMatchObject({
    status: "skipped",
    reasonCode: "verify.nothing-to-check",
  });
});

describe("the database (R319)", () => {
  test("that is away is asked again, then it is a failure", async () => {
    let asked = 0;
    const database = async () => {
      asked++;
      throw new Error("connect ECONNREFUSED 127.0.0.1:5432");
    };
    const outcome = await verify(requestOf({ database }));
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "verify.database-away" });
    expect(outcome.problems[0]!.message).toContain("ECONNREFUSED");
    expect(asked).toBe(3);
  });

  test("says its own reason where it has one", async () => {
    const database = async () => {
      throw new Refusal({ reasonCode: "migrate.unreachable", message: "No.", remedy: "Start it." });
    };
    const { problems } = await verify(requestOf({ database }));
    expect(problems[0]).toMatchObject({ reasonCode: "migrate.unreachable", remedy: "Start it." });
  });
});

describe("a script of the project (R333)", () => {
  const cwd = mkdtempSync(`${tmpdir()}/verify-`);
  const script = (command: string | string[]) => ({
    name: "own",
    command,
    cwd,
    env: { PATH: process.env.PATH },
  });

  test("finds the services and passes with exit status 0", async () => {
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const { url } = await wellBehaved("1");
    const services = [serviceAt(url, { name: "order-book" })];
    const outcome = await verify(
      requestOf({ services, readMetrics: null, scripts: [script(`test "$ORDER_BOOK_URL" = ${url}`)] }),
    );
    expect(outcome.status).toBe("succeeded");
    expect(outcome.details.checks[1]).toMatchObject({ kind: "script", passed: true });
  });

  test("fails with another, and shows what it printed last", async () => {
    const { status, problems } = await verify(
      requestOf({ scripts: [{ ...script("echo 'the cache is cold' >&2; exit 3"), cwd: tmpdir() }] }),
    );
    expect(status).toBe("failed");
    expect(problems[0]).toMatchObject({
      reasonCode: "verify.script-failed",
      message: expect.stringContaining("exit status 3"),
      remedy: expect.stringContaining("the cache is cold"),
    });
  });

  test("is not run on a system that is not healthy", async () => {
    const { details } = await verify(
      requestOf({
        services: [serviceAt(closedPort, { healthCheck: { retries: 1 } })],
        scripts: [{ ...script("exit 0"), cwd: tmpdir() }],
      }),
    );
    expect(details.checks[1]).toMatchObject({
      passed: false,
      attempts: 0,
      message: "not run: orders is not healthy",
    });
  });

  test("that does not exist is a failure with its remedy", async () => {
    const { reasonCode } = await verify(
      requestOf({ scripts: [{ ...script(["no-such-program-here"]), cwd: tmpdir() }] }),
    );
    expect(reasonCode).toBe("run.tool-missing");
  });
});
