import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { conclude, type JudgeState, observe, policyFor, start } from "@sluice/judge";
import { afterEach, describe, expect, test } from "vitest";
import { withPageMetrics } from "./page-metrics.ts";
import { prometheusText } from "./prometheus-text.ts";
import {
  bucket,
  counter,
  countsOf,
  double,
  family,
  histogram,
  message,
  metric,
  native,
} from "./testing/exposition.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

const protobufType =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/** A service as client libraries make it: protobuf for whoever prefers that, and text, without native buckets, for all others. */
class Service {
  schema = 3;
  classic: readonly number[] = [];
  routes = ["/"];
  times: number[] = [];
  failed = 0;
  url = "";
  type = protobufType;
  readonly accepted: string[] = [];

  async serve(): Promise<this> {
    const server = createServer((req, res) => {
      const { accept = "" } = req.headers;
      this.accepted.push(accept);
      const isBinary = accept.includes("proto=io.prometheus.client.MetricFamily;encoding=delimited");
      res.writeHead(200, { "Content-Type": isBinary ? this.type : "text/plain; version=0.0.4" });
      res.end(isBinary ? Buffer.from(this.protobuf()) : this.text());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    return this;
  }

  get answered(): number {
    return this.times.length;
  }

  within(edge: number, times = this.times): number {
    return times.filter((time) => time <= edge).length;
  }

  protobuf(): number[] {
    const histograms = this.routes.map((route, i) => {
      const times = this.times.filter((_, n) => n % this.routes.length === i);
      const sum = times.reduce((a, b) => a + b, 0);
      const schema = Math.max(0, this.schema - i);
      return histogram(
        { route },
        times.length,
        sum,
        ...this.classic.map((edge) => bucket(edge, this.within(edge, times))),
        ...native({ schema, counts: countsOf(schema, times) }),
      );
    });
    return [
      ...family(
        "http_requests_total",
        0,
        counter({ code: "200" }, this.answered - this.failed),
        counter({ code: "500" }, this.failed),
      ),
      ...family("http_request_duration_seconds", 4, ...histograms),
      ...family("process_resident_memory_bytes", 1, metric({}, message(2, double(1, 60e6)))),
    ];
  }

  text(): string {
    const { answered, failed } = this;
    return [
      `http_requests_total{code="200"} ${answered - failed}`,
      `http_requests_total{code="500"} ${failed}`,
      ...this.classic.map((le) => `http_request_duration_seconds_bucket{le="${le}"} ${this.within(le)}`),
      `http_request_duration_seconds_bucket{le="+Inf"} ${answered}`,
      "",
    ].join("\n");
  }
}

const versions = { canary: "2.0.0", baseline: "1.0.0" };
const endpointsOf = (canary: Service, baseline: Service) => (_: string, version: string) => [
  version === versions.canary ? canary.url : baseline.url,
];

describe("metrics pages with native histograms (R285, R303)", () => {
  test("are asked for protobuf, and for text where they have none", async () => {
    const service = await new Service().serve();
    Object.assign(service, { times: [0.06, 0.2, 0.3, 0.9], failed: 1, classic: [1] });
    const source = prometheusText({ endpoints: () => [service.url] });
    const read = async () => (await source.read("orders", { canary: "2.0.0", baseline: null })).canary!;
    const { requests, errors, latency } = await read();
    expect({ requests, errors }).toEqual({ requests: 4, errors: 1 });
    expect(latency).toMatchObject({ "0.0625": 1, "0.25": 2, "0.353553": 3, "0.5": 3, "1": 4, "+Inf": 4 });

    const [first, second] = service.accepted[0]!.split(",");
    expect(first).toBe(
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    );
    expect(second).toBe("text/plain;version=0.0.4;q=0.5");
    // One that knows no protobuf.
    const plain = createServer((_, res) => res.end(service.text()));
    servers.push(plain);
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(plain.address() as AddressInfo).port}/metrics`;
    const { canary } = await prometheusText({ endpoints: () => [url] }).read("orders", versions);
    expect(canary).toEqual({ requests: 4, errors: 1, latency: { "1": 4, "+Inf": 4 } });
  });

  test("series and replicas of different resolution are added up at the edges that all have", async () => {
    const [a, b] = [await new Service().serve(), await new Service().serve()];
    Object.assign(a, { times: [0.2, 0.3, 0.3, 0.4, 0.7], schema: 3, routes: ["/", "/orders"] });
    Object.assign(b, { times: [0.3, 0.6], schema: 0 });
    const source = prometheusText({ endpoints: () => [a.url, b.url] });
    const { latency } = (await source.read("orders", { canary: "2.0.0", baseline: null })).canary!;
    expect(latency).toMatchObject({ "0.25": 1, "0.5": 5, "1": 7, "+Inf": 7 });
    expect(latency["0.353553"]).toBeUndefined();
  });

  test("a histogram that makes its buckets wider has not been started again", async () => {
    const service = await new Service().serve();
    service.times = [0.2, 0.3, 0.4];
    const source = prometheusText({ endpoints: () => [service.url] });
    const read = async () => (await source.read("orders", { canary: "2.0.0", baseline: null })).canary!;
    await read();
    Object.assign(service, { schema: 0, times: [...service.times, 0.45, 3] });
    const { requests, latency } = await read();
    expect(requests).toBe(5);
    expect(latency).toMatchObject({ "0.25": 1, "0.5": 4, "4": 5, "+Inf": 5 });
    service.times = [0.4]; // started again
    expect((await read()).latency).toMatchObject({ "0.25": 1, "0.5": 5, "+Inf": 6 });
  });

  test("a page that is cut off, or in another encoding, is away", async () => {
    const service = await new Service().serve();
    service.type = "application/vnd.google.protobuf; encoding=text";
    const source = prometheusText({ endpoints: () => [service.url] });
    await expect(source.read("orders", versions)).rejects.toThrow("the encoding text was not asked for");
    service.type = protobufType;
    service.protobuf = () => Service.prototype.protobuf.call(service).slice(0, -3);
    await expect(source.read("orders", versions)).rejects.toThrow("in the middle of a field");
  });

  test("metrics of one's own and memory are read from protobuf as well, native buckets too (R278, R286)", async () => {
    const service = await new Service().serve();
    service.times = [0.1, 0.2, 0.7];
    const metrics = withPageMetrics(
      { read: async () => ({ at: 1, canary: { requests: 3, errors: 0, latency: {} }, baseline: null }) },
      {
        metrics: [
          {
            name: "in_time",
            events: 'http_request_duration_seconds_bucket{le="0.5"}',
            total: "http_request_duration_seconds_count",
          },
        ],
        pages: async () => new Map([["2.0.0", [service.url]]]),
        limits: { memoryBytes: 100e6 },
      },
    );
    expect((await metrics.read("orders", { canary: "2.0.0", baseline: null })).canary).toMatchObject({
      events: { in_time: { events: 2, total: 3 } },
      gauges: { memory: 60 },
    });
  });
});

describe("a release whose latency only native buckets show (R285)", () => {
  /** Reads both versions every ten seconds for five minutes; the old one answers in about 0.2 s. */
  async function verdictOf({
    slower,
    ...shape
  }: { slower: number } & Partial<Pick<Service, "schema" | "classic">>) {
    const [canary, baseline] = [await new Service().serve(), await new Service().serve()];
    // All of it is within the classic buckets that there are.
    baseline.classic = [1, 10];
    Object.assign(canary, { classic: [1, 10], ...shape });
    const source = prometheusText({ endpoints: endpointsOf(canary, baseline) });
    const policy = policyFor({ steps: [{ weight: 10, pauseSeconds: 600 }] });
    let state: JudgeState = start(policy);
    let n = 0;
    const answer = (service: Service, requests: number, factor: number) => {
      for (let i = 0; i < requests; i++) service.times.push(factor * 0.2 * (0.6 + 0.8 * ((n++ * 0.618) % 1)));
    };
    for (let t = 0; t <= 300; t += 10) {
      const reading = await source.read("orders", versions);
      const sample = { t, weight: 10, canary: reading.canary, baseline: reading.baseline };
      const { verdict, state: next } = observe(state, sample, policy);
      state = next;
      if (verdict.verdict === "rollback") return verdict;
      answer(canary, 20, slower);
      answer(baseline, 180, 1);
    }
    return conclude(state, policy);
  }

  test.each([
    ["the same schema", { schema: 3 }],
    ["a coarser schema than the old one", { schema: 0 }],
    ["a finer schema than the old one", { schema: 5 }],
    ["native buckets alone", { classic: [] }],
  ])("is rolled back, with %s", async (_, shape) => {
    const { verdict, evidence, reasonCode } = await verdictOf({ slower: 1.6, ...shape });
    expect({ verdict, reasonCode }).toEqual({ verdict: "rollback", reasonCode: "judge.worse" });
    expect(evidence.decidedBy).toMatch(/^latency > /);
  });

  test.each([
    ["the same schema", { schema: 3 }],
    ["a coarser schema", { schema: 0 }],
  ])("one that is as fast is not, with %s", async (_, shape) => {
    expect((await verdictOf({ slower: 1, ...shape })).verdict).toBe("promote");
  });
});
