import type { Clock } from "@sluice/ports";
import {
  type MetricReading,
  type MetricSource,
  MetricsAway,
  type RouterCapabilities,
  type Target,
  type TrafficRouter,
  type VersionSpec,
} from "@sluice/ports";
import type { MemoryEnvironment } from "./memory-environment.ts";

/** The target of an environment in memory. */
export const memoryTarget = (environment: MemoryEnvironment): Target => ({
  async observe(_service, signal) {
    signal?.throwIfAborted();
    return environment.look();
  },
  async apply(command, signal) {
    signal?.throwIfAborted();
    environment.apply(command);
  },
});

export const memoryRouter = (
  environment: MemoryEnvironment,
  refuses: (weight: number) => string | null = (weight) =>
    weight >= 0 && weight <= 100 ? null : "a share is between 0 and 100 %",
  capabilities: RouterCapabilities = { headers: true, cookies: true, mirror: true, sticky: true },
): TrafficRouter => ({
  async setWeights(_service, weights, signal) {
    signal?.throwIfAborted();
    environment.setWeights(weights);
  },
  refuses,
  capabilities,
  async setRouting(_service, routing, signal) {
    signal?.throwIfAborted();
    environment.setRouting(routing);
  },
});

/** Counters of an environment in memory; `isAway` says when they cannot be read. */
export const memoryMetrics = (
  environment: MemoryEnvironment,
  clock: Clock,
  isAway: () => boolean = () => false,
): MetricSource => ({
  async read(_service, { canary, baseline }, signal): Promise<MetricReading> {
    signal?.throwIfAborted();
    environment.alive();
    if (isAway()) throw new MetricsAway("memory", "it was switched off");
    environment.settle();
    return {
      at: clock.now(),
      canary: environment.traffic.countersOf(canary),
      baseline: baseline === null ? null : environment.traffic.countersOf(baseline),
    };
  },
});

/** All that a rollout in an environment in memory talks to. */
export const memoryPorts = (environment: MemoryEnvironment, clock: Clock) => ({
  target: memoryTarget(environment),
  router: memoryRouter(environment),
  metrics: memoryMetrics(environment, clock),
  clock,
});

/** Starts a version, gives it all of the traffic once it is ready, and trusts it. */
export async function trust(environment: MemoryEnvironment, clock: Clock, spec: VersionSpec): Promise<void> {
  const { service } = environment;
  environment.apply({ type: "ensure-version", service, spec, secrets: {} });
  await clock.sleep(2000);
  environment.setWeights({ [spec.version]: 100 });
  environment.apply({ type: "mark-stable", service, version: spec.version });
}
