import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseEnvironmentConfig, parseProjectConfig, resolve } from "@sluice/config";
import type { Event } from "@sluice/documents";
import type { Target } from "@sluice/ports";
import { watchServices } from "@sluice/rollout";
import { MemoryEnvironment, memoryMetrics, memoryTarget, VirtualClock, versionSpec } from "@sluice/testing";
import { afterEach, describe, expect, test } from "vitest";
import { lookAgain } from "./look-again.ts";
import { alertsOf, metricsOf } from "./measures.ts";
import { alertsBefore, watchedService } from "./watched.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** Answers each path with its page. */
async function serve(pages: Record<string, string | (() => string)>): Promise<string> {
  const server = createServer((req, res) => {
    const found = pages[req.url ?? ""];
    const page = typeof found === "function" ? found() : found;
    res.writeHead(page === undefined ? 404 : 200).end(page);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function settingsOf(analysis: string) {
  const project = parseProjectConfig(
    "name: shop\nservices: [{ name: web, path: web, command: [node, s.js] }]\n",
    ".deploy/project.yaml",
  ).config;
  const environment = parseEnvironmentConfig(
    `environment: production\nstrategy: canary\nresources: {limits: {memory: 100M}}\ncanary: {analysis: ${analysis}}\n`,
    ".deploy/production-config.yaml",
  ).config;
  return resolve(project, environment)[0]!;
}

/** One ready replica of 2.0.0 whose pages are at `url`. */
async function contextWith(url: string) {
  const clock = new VirtualClock();
  const environment = new MemoryEnvironment({ clock });
  environment.apply({
    type: "ensure-version",
    service: "web",
    spec: versionSpec("2.0.0"),
    secrets: {},
  });
  await clock.sleep(2000);
  environment.setWeights({ "2.0.0": 100 });
  await clock.sleep(10_000);
  environment.settle();
  const target = memoryTarget(environment);
  return {
    clock,
    environment: { watch: { interval: 30 } },
    journal: { measure: async () => {} },
    target: {
      metrics: memoryMetrics(environment, clock, () => false),
      target: {
        ...target,
        async observe(service: string) {
          const seen = await target.observe(service);
          for (const version of seen.versions) for (const replica of version.replicas) replica.url = url;
          return seen;
        },
      },
    },
    onProgress: () => {},
  } as never;
}

const versions = { canary: "2.0.0", baseline: null };
const page = "checkouts_total 40\ncheckouts_failed_total 3\nprocess_resident_memory_bytes 75000000\n";

describe("where the counters of a service come from", () => {
  test("its metrics of one's own and its memory from the pages of its replicas (R278, R286)", async () => {
    const context = await contextWith(await serve({ "/internal/metrics": page }));
    const settings = settingsOf(
      "{metricsPath: /internal/metrics, metrics: [{name: checkout, events: checkouts_failed_total, total: checkouts_total}]}",
    );
    const { canary } = await metricsOf(context, settings).read("web", versions);
    expect(canary).toMatchObject({
      events: { checkout: { events: 3, total: 40 } },
      gauges: { memory: 75 },
    });
    expect(canary!.latency["+Inf"]).toBe(canary!.requests);
  });

  test("a bound on memory is reason enough to read them, and without one no page is read", async () => {
    const context = await contextWith(await serve({ "/metrics": page }));
    const watched = settingsOf("{alerts: {conditions: [memory > 90%]}}");
    expect((await metricsOf(context, watched).read("web", versions)).canary!.gauges).toEqual({ memory: 75 });
    const plain = (await metricsOf(context, settingsOf("{}")).read("web", versions)).canary!;
    expect(plain.gauges).toBeUndefined();
  });

  test("alerts from the place that the configuration names, and from none without (R273)", async () => {
    const alerts = [{ labels: { alertname: "Errors", severity: "page" }, state: "firing" }];
    const url = await serve({
      "/api/v1/alerts": JSON.stringify({ status: "success", data: { alerts } }),
    });
    const { alerts: source } = alertsOf(settingsOf(`{alerts: {url: "${url}", severity: page}}`));
    expect(await source!.firing("web")).toEqual(["Errors"]);
    expect(alertsOf(settingsOf("{}"))).toEqual({});
  });
});

describe("a version that has all of the traffic is watched by the same sources", () => {
  /** Watches 2.0.0 for half an hour of the virtual clock. */
  async function watch(url: string, settings: ReturnType<typeof settingsOf>, events: Event[] = []) {
    const context = await contextWith(url);
    return watchServices({
      services: [
        {
          ...watchedService(context, settings, "2.0.0", events),
          alertsBefore: alertsBefore(events, settings.name),
        },
      ],
      ...{ seconds: 1800, sampleSeconds: 30, record: () => {} },
      target: (context as { target: { target: Target } }).target.target,
      clock: (context as { clock: VirtualClock }).clock,
    });
  }

  test("metrics of one's own end it (R286)", async () => {
    let read = 0;
    const metrics = () => `checkouts_total ${100 * ++read}\ncheckouts_failed_total ${3 * read}\n`;
    const settings = settingsOf(
      "{interval: 30s, metrics: [{name: checkout, events: checkouts_failed_total, total: checkouts_total, max: 2%}]}",
    );
    expect(await watch(await serve({ "/metrics": metrics }), settings)).toMatchObject({
      status: "failed",
      reasonCode: "judge.gate-failed",
      summary: expect.stringContaining("checkout > 2%"),
    });
  });

  test("alerts end it that did not fire before the release (R273)", async () => {
    const labels = { alertname: "CheckoutDown", severity: "critical", service: "web" };
    const alerts = () =>
      JSON.stringify({ status: "success", data: { alerts: [{ state: "firing", labels }] } });
    const url = await serve({ "/api/v1/alerts": alerts });
    const settings = settingsOf(`{interval: 30s, alerts: {url: "${url}"}}`);
    expect((await watch(url, settings)).status).toBe("succeeded");
    const quiet = [
      { type: "rollout.started", service: "web" },
      { type: "rollout.sample", service: "web", data: { alerts: [] } },
    ] as unknown as Event[];
    expect(await watch(url, settings, quiet)).toMatchObject({
      status: "failed",
      reasonCode: "judge.alert-firing",
      summary: expect.stringContaining("CheckoutDown"),
    });
  });

  test("a re-check holds it to the bounds of metrics of one's own as well (R286)", async () => {
    const recheckAt = async (failedOf100: number) => {
      let read = 0;
      const page = () => `checkouts_total ${100 * ++read}\ncheckouts_failed_total ${failedOf100 * read}\n`;
      const context = await contextWith(await serve({ "/metrics": page }));
      const { clock, target } = context as { clock: VirtualClock; target: { target: Target } };
      const settings = settingsOf(
        "{interval: 30s, metrics: [{name: checkout, events: checkouts_failed_total, total: checkouts_total, max: 2%}]}",
      );
      const seen = await target.target.observe("web");
      const recheck = { service: "web", version: "2.0.0", from: null, deployedAt: clock.now() - 3_600_000 };
      // What the watch has read last.
      const canary = { requests: 1, errors: 0, latency: {}, events: { checkout: { events: 0, total: 0 } } };
      const events = [
        {
          ...{ type: "rollout.sample", service: "web", at: new Date(clock.now() - 1000).toISOString() },
          data: { t: 0, weight: 100, canary, baseline: null },
        },
      ] as unknown as Event[];
      return lookAgain(context, settings, { ...recheck, afterSeconds: 3600, isLast: true }, events, seen);
    };
    expect((await recheckAt(1)).status).toBe("succeeded");
    expect(await recheckAt(3)).toMatchObject({
      status: "failed",
      reasonCode: "judge.guard-breached",
      service: { message: expect.stringContaining("checkout > 2%") },
    });
  });
});
