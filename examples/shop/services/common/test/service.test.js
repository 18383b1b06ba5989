import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { createLogger, createMetrics, createService, HttpError } from "../src/index.js";

describe("a service", () => {
  const lines = [];
  let isDatabaseUp = true;
  let server;
  let url;

  before(async () => {
    server = createService({
      version: "1.2.3",
      metrics: createMetrics("1.2.3"),
      log: createLogger({ service: "greeter" }, (line) => lines.push(JSON.parse(line))),
      checks: {
        database: async () => {
          if (!isDatabaseUp) throw new Error("connection refused");
        },
      },
      routes: {
        "GET /hello/:name": ({ params, query }) => ({
          json: { hello: params.name, polite: query.has("please") },
        }),
        "POST /echo": ({ body }) => ({ status: 201, json: body }),
        "GET /teapot": () => {
          throw new HttpError(418, "short and stout");
        },
        "GET /broken": () => {
          throw new Error("a secret detail");
        },
      },
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => server.close());

  test("hands parameters and query to the route", async () => {
    const response = await fetch(`${url}/hello/ada?please`);
    assert.equal(response.headers.get("x-deployment-version"), "1.2.3");
    assert.deepEqual(await response.json(), { hello: "ada", polite: true });
  });

  test("reads JSON and forms", async () => {
    const json = await fetch(`${url}/echo`, { method: "POST", body: '{"a":1}' });
    assert.deepEqual([json.status, await json.json()], [201, { a: 1 }]);
    const form = await fetch(`${url}/echo`, { method: "POST", body: new URLSearchParams({ a: "1" }) });
    assert.deepEqual(await form.json(), { a: "1" });
  });

  test("refuses what it cannot read", async () => {
    assert.equal((await fetch(`${url}/echo`, { method: "POST", body: "{" })).status, 400);
    assert.equal((await fetch(`${url}/echo`, { method: "POST", body: "x".repeat(70_000) })).status, 413);
  });

  test("knows what it does not have", async () => {
    assert.equal((await fetch(`${url}/nothing`)).status, 404);
    assert.equal((await fetch(`${url}/echo`)).status, 405);
  });

  test("tells the caller about the caller's errors, and the log about its own", async () => {
    const teapot = await fetch(`${url}/teapot`);
    assert.deepEqual([teapot.status, await teapot.json()], [418, { error: "short and stout" }]);

    const broken = await fetch(`${url}/broken`, { headers: { "x-request-id": "42" } });
    assert.deepEqual([broken.status, await broken.json()], [500, { error: "internal error" }]);
    const line = lines.find(({ requestId }) => requestId === "42");
    assert.equal(line.level, "error");
    assert.match(line.error, /a secret detail/);
  });

  test("is healthy while its checks pass", async () => {
    const up = await fetch(`${url}/health`);
    assert.deepEqual(
      [up.status, await up.json()],
      [200, { status: "ok", version: "1.2.3", checks: { database: "ok" } }],
    );
    isDatabaseUp = false;
    const down = await fetch(`${url}/health`);
    assert.deepEqual([down.status, (await down.json()).checks], [503, { database: "connection refused" }]);
  });

  test("counts requests by route and status", async () => {
    await (await fetch(`${url}/hello/grace`)).text();
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.match(text, /^deployment_version\{version="1\.2\.3"\} 1$/m);
    assert.match(text, /^http_requests_total\{method="GET",route="\/hello\/:name",status="200"\} \d+$/m);
    assert.match(text, /^http_request_duration_seconds_bucket\{le="\+Inf"\} \d+$/m);
    assert.doesNotMatch(text, /route="\/(health|metrics)"/);
  });
});

test("latency is counted in every bucket that it fits into", () => {
  const metrics = createMetrics("1");
  metrics.observe({ method: "GET", route: "/", status: 200, seconds: 0.3 });
  const text = metrics.render();
  assert.match(text, /le="0\.25"\} 0\n/);
  assert.match(text, /le="0\.5"\} 1\n/);
  assert.match(text, /le="10"\} 1\n/);
  assert.match(text, /_sum 0\.3\n/);
});
