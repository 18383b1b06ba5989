import type { MetricSource, Target, TrafficRouter } from "@sluice/ports";
import { VirtualClock } from "./clock.ts";
import type { MetricHarness } from "./conformance/harness.ts";
import { describeMetricSource } from "./conformance/metric-source.ts";
import { describeTarget } from "./conformance/target.ts";
import { describeTrafficRouter } from "./conformance/traffic-router.ts";
import { MemoryEnvironment } from "./memory-environment.ts";
import { memoryMetrics, memoryRouter, memoryTarget } from "./memory-ports.ts";
import { versionSpec } from "./version-spec.ts";

/** An environment in memory for each service, as one target. */
async function open(): Promise<MetricHarness> {
  const clock = new VirtualClock();
  const environments = new Map<string, MemoryEnvironment>();
  const unhealthy = "unhealthy";
  const of = (service: string) => {
    const found = environments.get(service);
    if (found) return found;
    const isUnhealthy = service === unhealthy;
    const isFailing = service === "orders";
    const made = new MemoryEnvironment({
      clock,
      service,
      lagSeconds: 0,
      requestsPerSecond: isFailing ? 0 : 10,
      behaviour: isUnhealthy
        ? { "1.0.0": { neverReady: true } }
        : isFailing
          ? { "2.0.0": { errorRatio: 1 } }
          : {},
    });
    environments.set(service, made);
    return made;
  };
  let isAway = false;
  const target: Target = {
    observe: async (service, signal) => memoryTarget(of(service)).observe(service, signal),
    apply: async (command, signal) => memoryTarget(of(command.service)).apply(command, signal),
  };
  const router: TrafficRouter = {
    setWeights: async (service, weights, signal) =>
      memoryRouter(of(service)).setWeights(service, weights, signal),
    refuses: memoryRouter(of("any")).refuses,
    capabilities: memoryRouter(of("any")).capabilities,
    setRouting: async (service, routing, signal) =>
      memoryRouter(of(service)).setRouting(service, routing, signal),
  };
  const metrics: MetricSource = {
    read: async (service, versions, signal) =>
      memoryMetrics(of(service), clock, () => isAway).read(service, versions, signal),
  };
  return {
    target,
    router,
    metrics,
    spec: versionSpec,
    unhealthySpec: versionSpec,
    failingSpec: versionSpec,
    async until(service, check) {
      for (let seconds = 0; seconds < 60; seconds++) {
        const seen = await target.observe(service);
        if (check(seen)) return seen;
        await clock.sleep(1000);
      }
      throw new Error(`waited a minute in vain: ${JSON.stringify(await target.observe(service))}`);
    },
    async send(service, count) {
      of(service).settle();
      of(service).traffic.requestsPerSecond = count;
      await clock.sleep(1000);
      of(service).settle();
      of(service).traffic.requestsPerSecond = 0;
    },
    async takeAway() {
      isAway = true;
    },
    async stop() {},
  };
}

describeTarget("an environment in memory", open);
describeTrafficRouter("an environment in memory", open);
describeMetricSource("an environment in memory", open);
