import type { Clock } from "@sluice/ports";
import {
  type MetricReading,
  type MetricSource,
  MetricsAway,
  type Target,
  type TrafficRouter,
} from "@sluice/ports";
import type { MemoryEnvironment } from "./memory-environment.ts";

/** The target of an environment in memory. */
export const memoryTarget = (environment: MemoryEnvironment): Target => ({
  async observe() {
    environment.alive();
    return environment.observe();
  },
  async apply(command) {
    environment.apply(command);
  },
});

export const memoryRouter = (
  environment: MemoryEnvironment,
  refuses: (weight: number) => string | null = () => null,
): TrafficRouter => ({
  async setWeights(_service, weights) {
    environment.setWeights(weights);
  },
  async readWeights() {
    environment.alive();
    return environment.readWeights();
  },
  refuses,
});

/** Counters of an environment in memory; `isAway` says when they cannot be read. */
export const memoryMetrics = (
  environment: MemoryEnvironment,
  clock: Clock,
  isAway: () => boolean = () => false,
): MetricSource => ({
  async read(_service, { canary, baseline }): Promise<MetricReading> {
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
