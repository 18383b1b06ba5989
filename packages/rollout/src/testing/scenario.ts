/** What the tests of this package share: an environment in memory with an old version, and runs of rollouts in it. */
import type { DeployedService, Sample, Strategy } from "@sluice/documents";
import { policyFor } from "@sluice/judge";
import type { VersionSpec } from "@sluice/ports";
import {
  Killed,
  MemoryEnvironment,
  type MemoryOptions,
  memoryMetrics,
  memoryRouter,
  memoryTarget,
  trust,
  VirtualClock,
  versionSpec,
} from "@sluice/testing";
import type { RolloutEvent, RolloutOptions } from "../options.ts";
import { runRollout } from "../run.ts";
import type { RolloutSpec } from "../spec.ts";

export const minutes = (n: number) => 60 * n;

export const version = (name: string, replicas = 4): VersionSpec => versionSpec(name, { replicas });

export const canarySteps = [
  { weight: 5, pauseSeconds: minutes(10) },
  { weight: 25, pauseSeconds: minutes(10) },
  { weight: 50, pauseSeconds: minutes(15) },
  { weight: 100, pauseSeconds: 0 },
];

export const specFor = (strategy: Strategy, to: string, more: Partial<RolloutSpec> = {}): RolloutSpec => ({
  id: `plan-${to}`,
  service: "shop",
  version: version(to),
  secrets: {},
  strategy,
  steps: canarySteps,
  rolling: { pauseSeconds: 10 },
  bluegreen: { testDurationSeconds: minutes(5) },
  startTimeoutSeconds: 60,
  ...more,
});

export class Scenario {
  readonly clock = new VirtualClock();
  readonly environment: MemoryEnvironment;
  readonly events: RolloutEvent[] = [];
  isMetricsAway = false;

  constructor(options: Omit<MemoryOptions, "clock"> = {}) {
    this.environment = new MemoryEnvironment({ clock: this.clock, ...options });
  }

  /** An environment in which 1.0.0 runs and is trusted. */
  static async withOld(options: Omit<MemoryOptions, "clock"> = {}): Promise<Scenario> {
    const scenario = new Scenario(options);
    const { environment, clock } = scenario;
    await trust(environment, clock, version("1.0.0"));
    await clock.sleep(60_000);
    environment.settle();
    environment.traffic.lost = 0;
    environment.traffic.closed = 0;
    environment.effects.length = 0;
    environment.calls = 0;
    environment.repeats = 0;
    return scenario;
  }

  get surroundings() {
    return {
      target: memoryTarget(this.environment),
      router: memoryRouter(this.environment),
      clock: this.clock,
      pollSeconds: 3,
      record: (event: RolloutEvent) => {
        this.environment.alive();
        this.events.push(event);
      },
    };
  }

  run(spec: RolloutSpec, more: Partial<RolloutOptions> = {}): Promise<DeployedService> {
    return runRollout({
      ...this.surroundings,
      spec,
      metrics: memoryMetrics(this.environment, this.clock, () => this.isMetricsAway),
      policy: policyFor({ steps: spec.steps ?? [] }),
      samples: this.samples,
      ...more,
    });
  }

  /** Runs and is killed after a number of calls that could change something; null when it was. */
  async runUntilKilled(spec: RolloutSpec, calls: number, more: Partial<RolloutOptions> = {}) {
    this.environment.killAfter = this.environment.calls + calls;
    try {
      return await this.run(spec, more);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return null;
    } finally {
      this.environment.revive();
    }
  }

  /** Samples of the rollout in the journal, as a caller hands them to a second run. */
  get samples(): Sample[] {
    const from = this.events.findLastIndex(
      (event) => event.type === "rollout.started" && !event.data.resumed,
    );
    return this.events
      .slice(Math.max(0, from))
      .flatMap((event) => (event.type === "rollout.sample" ? [event.data] : []));
  }

  /** What is left when all is over: who serves, who exists, what was trusted when. */
  get state() {
    this.environment.settle();
    const seen = this.environment.observe();
    return {
      stable: seen.stable,
      weights: seen.weights,
      rollout: seen.rollout,
      versions: Object.fromEntries(
        seen.versions.map(({ version, desired, replicas }) => [
          version,
          { desired, ready: replicas.filter((replica) => replica.isReady).length },
        ]),
      ),
      history: seen.history.map((revision) => revision.spec.version),
    };
  }
}
