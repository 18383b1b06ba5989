import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { MetricsAway } from "@sluice/ports";
import { afterEach, describe, expect, test } from "vitest";
import { prometheusText } from "./prometheus-text.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A page that counts how often it was read; `page` may be changed. */
async function serve(page: string, status = 200) {
  const served = { page, status, reads: 0, url: "" };
  const server = createServer((_, res) => {
    served.reads += 1;
    if (served.status !== 0) res.writeHead(served.status).end(served.page);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  return served;
}

const page = (ok: number, failed: number, version = "2.0.0") => `
# TYPE deployment_version gauge
deployment_version{version="${version}"} 1
http_requests_total{method="GET",status="200"} ${ok}
http_requests_total{method="GET",status="503"} ${failed}
http_request_duration_seconds_bucket{le="0.10"} ${ok}
http_request_duration_seconds_bucket{le="+Inf"} ${ok + failed}
http_request_duration_seconds_count ${ok + failed}
`;
const versions = { canary: "2.0.0", baseline: null };

describe("counters from metrics pages (R303)", () => {
  test("requests, errors by status and the histogram of each version (R285, R308)", async () => {
    const canary = await serve(page(90, 10));
    const baseline = await serve(page(100, 0, "1.0.0"));
    const source = prometheusText({
      endpoints: (_, version) => [version === "2.0.0" ? canary.url : baseline.url],
      now: () => 42,
    });
    expect(await source.read("orders", { canary: "2.0.0", baseline: "1.0.0" })).toEqual({
      at: 42,
      canary: { requests: 100, errors: 10, latency: { "0.1": 90, "+Inf": 100 } },
      baseline: { requests: 100, errors: 0, latency: { "0.1": 100, "+Inf": 100 } },
    });
  });

  test("one page about both versions and several services is read once and split by its labels", async () => {
    const shared = await serve(`
      http_requests_total{service="orders",deployment_version="1.0.0",code="200"} 7
      http_requests_total{service="orders",deployment_version="2.0.0",code="200"} 2
      http_requests_total{service="orders",deployment_version="2.0.0",code="500"} 1
      http_requests_total{service="users",deployment_version="2.0.0",code="500"} 99`);
    const source = prometheusText({ endpoints: () => [shared.url] });
    const reading = await source.read("orders", { canary: "2.0.0", baseline: "1.0.0" });
    expect(reading.canary).toEqual({ requests: 3, errors: 1, latency: {} });
    expect(reading.baseline).toEqual({ requests: 7, errors: 0, latency: {} });
    expect(shared.reads).toBe(1);
  });

  test("several processes are added up; one that starts again or goes away takes nothing back", async () => {
    const [a, b] = [await serve(page(10, 1)), await serve(page(20, 2))];
    let urls = [a.url, b.url];
    const source = prometheusText({ endpoints: () => urls });
    const read = async () => {
      const { canary } = await source.read("orders", versions);
      return [canary!.requests, canary!.errors, canary!.latency["+Inf"]];
    };
    expect(await read()).toEqual([33, 3, 33]);
    a.page = page(2, 0); // started again: counts from zero
    expect(await read()).toEqual([35, 3, 35]);
    urls = [a.url];
    expect(await read()).toEqual([35, 3, 35]);
    a.page = page(12, 0);
    expect(await read()).toEqual([45, 3, 45]);
  });

  test("a page of another version, or without requests to count, is no data", async () => {
    const other = await serve(page(5, 5, "1.0.0"));
    const empty = await serve("up 1\n");
    for (const { url } of [other, empty]) {
      const source = prometheusText({ endpoints: () => [url] });
      expect((await source.read("orders", versions)).canary).toBeNull();
    }
  });

  test("a service that has answered nothing yet has zero requests", async () => {
    const fresh = await serve(
      'http_request_duration_seconds_bucket{le="+Inf"} 0\nhttp_request_duration_seconds_count 0\n',
    );
    const source = prometheusText({ endpoints: () => [fresh.url] });
    expect((await source.read("orders", versions)).canary).toEqual({
      requests: 0,
      errors: 0,
      latency: { "+Inf": 0 },
    });
  });
});

describe("an outage is an outage, never a bad release and never a pass", () => {
  test.each([
    ["status 503", { page: page(1, 0), status: 503 }, "status 503"],
    ["a page that is not metrics", { page: "<html>", status: 200 }, "not a metrics page: line 1"],
    ["no answer", { page: "", status: 0 }, "no answer in 0.2 s"],
    ["a counter that is not a number", { page: "http_requests_total NaN\n", status: 200 }, "is NaN"],
    ["a counter below zero", { page: "http_requests_total -3\n", status: 200 }, "is -3"],
  ])("%s", async (_, answer, why) => {
    const { url } = await serve(answer.page, answer.status);
    const source = prometheusText({ endpoints: () => [url], timeoutSeconds: 0.2 });
    const error = await source.read("orders", versions).catch((reason) => reason);
    expect(error).toBeInstanceOf(MetricsAway);
    expect(error.message).toContain(why);
    expect(error.source).toBe(url);
  });

  test("nobody listens", async () => {
    const gone = await serve("");
    servers.pop()!.close();
    const source = prometheusText({ endpoints: () => [gone.url] });
    await expect(source.read("orders", versions)).rejects.toBeInstanceOf(MetricsAway);
  });

  test("an aborted read rejects with the reason of its signal", async () => {
    const slow = await serve("", 0);
    const source = prometheusText({ endpoints: () => [slow.url] });
    const controller = new AbortController();
    const reading = source.read("orders", versions, controller.signal);
    controller.abort(new Error("cancelled"));
    await expect(reading).rejects.toThrow("cancelled");
  });
});
