import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricSource } from "@sluice/ports";
import { afterEach, describe, expect, test } from "vitest";
import { withPageMetrics } from "./page-metrics.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(page: string, status = 200) {
  const served = { page, status, url: "" };
  const server = createServer((_, res) => res.writeHead(served.status).end(served.page));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  return served;
}

const traffic = { requests: 100, errors: 1, latency: {} };
const source: MetricSource = {
  read: async (_, { baseline }) => ({ at: 5, canary: traffic, baseline: baseline === null ? null : traffic }),
};
const checkout = {
  name: "checkout_failed",
  events: 'checkouts_total{result="failed"}',
  total: "checkouts_total",
};
const page = (ok: number, failed: number, more = "") =>
  `checkouts_total{result="ok",route="/a"} ${ok}\ncheckouts_total{result="failed",route="/a"} ${failed}\n${more}`;
const versions = { canary: "2.0.0", baseline: "1.0.0" };
const at = (canary: string[], baseline: string[] = []) => {
  const urls = new Map([
    [versions.canary, canary],
    [versions.baseline, baseline],
  ]);
  return async () => urls;
};

describe("metrics of one's own on the pages of the replicas (R286)", () => {
  test("are added up over series and replicas, beside the counters of the traffic", async () => {
    const [a, b, old] = [await serve(page(9, 1)), await serve(page(18, 2)), await serve(page(50, 0))];
    const metrics = withPageMetrics(source, {
      metrics: [checkout],
      pages: at([a.url, b.url], [old.url]),
    });
    expect(await metrics.read("orders", versions)).toEqual({
      at: 5,
      canary: { ...traffic, events: { checkout_failed: { events: 3, total: 30 } }, gauges: {} },
      baseline: { ...traffic, events: { checkout_failed: { events: 0, total: 50 } }, gauges: {} },
    });
    a.page = page(1, 0); // started again: what it had counted stays
    const again = await metrics.read("orders", versions);
    expect(again.canary!.events!.checkout_failed).toEqual({ events: 3, total: 31 });
  });

  test("one that a page does not have, or that is not a number, is no data", async () => {
    const none = await serve("up 1\n");
    const broken = await serve(page(Number.NaN, 1));
    for (const { url } of [none, broken]) {
      const metrics = withPageMetrics(source, { metrics: [checkout], pages: at([url], [url]) });
      expect((await metrics.read("orders", versions)).canary!.events).toEqual({});
    }
  });

  test("failures that never happened are zero, as a counter with labels appears with its first", async () => {
    const fresh = await serve('checkouts_total{result="ok"} 7\n');
    const metrics = withPageMetrics(source, { metrics: [checkout], pages: at([fresh.url], [fresh.url]) });
    const { canary } = await metrics.read("orders", versions);
    expect(canary!.events!.checkout_failed).toEqual({ events: 0, total: 7 });
  });

  test("a page that cannot be read takes nothing from the traffic, and is told of once", async () => {
    const gone = await serve("", 503);
    const told: string[] = [];
    const metrics = withPageMetrics(source, {
      metrics: [checkout],
      pages: at([gone.url], [gone.url]),
      onAway: (error) => told.push(error.message),
    });
    expect((await metrics.read("orders", versions)).canary).toEqual({ ...traffic, events: {}, gauges: {} });
    await metrics.read("orders", versions);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("status 503");
  });

  test("the replicas are looked up once for both versions, with the signal of the reading", async () => {
    const { url } = await serve(page(9, 1));
    const signals: (AbortSignal | undefined)[] = [];
    const pages = async (_: string, signal?: AbortSignal) => {
      signals.push(signal);
      return new Map([
        ["2.0.0", [url]],
        ["1.0.0", [url]],
      ]);
    };
    const { signal } = new AbortController();
    await withPageMetrics(source, { metrics: [checkout], pages }).read("orders", versions, signal);
    expect(signals).toEqual([signal]);
  });

  test("a series that cannot be read is refused at once", () => {
    const metrics = [{ ...checkout, total: "checkouts_total{" }];
    expect(() => withPageMetrics(source, { metrics, pages: at([]) })).toThrow(/label/);
  });
});

describe("saturation (R278, R281)", () => {
  test("processor time since the last look and memory, in percent of what a replica may use", async () => {
    const use = (cpu: number, memory: number) =>
      `process_cpu_seconds_total ${cpu}\nprocess_resident_memory_bytes ${memory}\n`;
    const [a, b] = [await serve(use(10, 60e6)), await serve(use(20, 95e6))];
    let now = 1_000_000;
    const metrics = withPageMetrics(source, {
      metrics: [],
      pages: at([a.url, b.url]),
      limits: { cpuMillicores: 500, memoryBytes: 100e6 },
      now: () => now,
    });
    const read = async () =>
      (await metrics.read("orders", { canary: "2.0.0", baseline: null })).canary!.gauges!;
    expect(await read()).toEqual({ memory: 95 });
    now += 10_000;
    [a.page, b.page] = [use(12, 60e6), use(24, 80e6)]; // 0.2 and 0.4 cores of 0.5 each
    const { cpu, memory } = await read();
    expect(cpu).toBeCloseTo(60, 9);
    expect(memory).toBe(80);
    now += 10_000;
    b.page = use(1, 10e6); // started again: only the other one is known
    a.page = use(14, 60e6);
    expect((await read()).cpu).toBeCloseTo(40, 9);
  });

  test("several processes on one page are not guessed at", async () => {
    const two = await serve(
      'process_resident_memory_bytes{pid="1"} 5\nprocess_resident_memory_bytes{pid="2"} 6\n',
    );
    const metrics = withPageMetrics(source, {
      metrics: [],
      pages: at([two.url], [two.url]),
      limits: { memoryBytes: 10 },
    });
    expect((await metrics.read("orders", versions)).canary!.gauges).toEqual({});
  });
});
