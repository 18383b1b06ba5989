/** Two services of one release in memory, on one clock, for what they do together. */
import { policyFor } from "@sluice/judge";
import type { OperatorRequest, RolloutRecord } from "@sluice/ports";
import {
  type Behaviour,
  Killed,
  MemoryEnvironment,
  memoryMetrics,
  memoryRouter,
  memoryTarget,
  trust,
  VirtualClock,
} from "@sluice/testing";
import { expect } from "vitest";
import type { RolloutEvent, RolloutOptions } from "../options.ts";
import type { RolloutSpec } from "../spec.ts";
import { type EndedTogether, runTogether } from "../together.ts";
import { minutes, specFor, version } from "./scenario.ts";

export const names = ["orders", "payments"] as const;
export type Name = (typeof names)[number];

export const sharedSteps = [
  { weight: 5, pauseSeconds: minutes(1) },
  { weight: 50, pauseSeconds: minutes(1) },
  { weight: 100, pauseSeconds: 0 },
];

type Of<T> = Partial<Record<Name, T>>;

export class Duo {
  readonly clock = new VirtualClock();
  readonly events: RolloutEvent[] = [];
  readonly environments: Record<Name, MemoryEnvironment>;
  /** What a service asks for beside the steps that both have. */
  readonly specs: Of<Partial<RolloutSpec>> = {};
  readonly options: Of<Partial<RolloutOptions>> = {};
  isAway: Of<boolean> = {};
  /** The farthest that the two were apart, in steps, and promotions that came too early. */
  readonly outOfStep: string[] = [];

  /** How the new versions are. */
  readonly behaviour: Of<Behaviour>;

  private constructor(behaviour: Of<Behaviour>) {
    this.behaviour = behaviour;
    const environmentOf = (service: Name) =>
      new MemoryEnvironment({
        clock: this.clock,
        service,
        requestsPerSecond: 100,
        behaviour: behaviour[service] ? { "1.1.0": behaviour[service] } : {},
      });
    this.environments = { orders: environmentOf("orders"), payments: environmentOf("payments") };
  }

  /** Both services run 1.0.0, which is trusted; `behaviour` is how 1.1.0 of each is. */
  static async withOld(behaviour: Of<Behaviour> = {}): Promise<Duo> {
    const duo = new Duo(behaviour);
    await Promise.all(names.map((service) => trust(duo.of(service), duo.clock, version("1.0.0"))));
    await duo.clock.sleep(60_000);
    for (const service of names) {
      const environment = duo.of(service);
      environment.settle();
      Object.assign(environment.traffic, { lost: 0, closed: 0 });
      environment.effects.length = 0;
      environment.calls = 0;
      environment.afterLook = () => duo.compare();
    }
    return duo;
  }

  of(service: Name): MemoryEnvironment {
    return this.environments[service];
  }

  get calls(): number {
    return names.reduce((sum, service) => sum + this.of(service).calls, 0);
  }

  run(more: Partial<RolloutOptions> = {}): Promise<EndedTogether> {
    return runTogether(
      names.map((service) => ({
        ...{ target: memoryTarget(this.of(service)), router: memoryRouter(this.of(service)) },
        clock: this.clock,
        pollSeconds: 3,
        record: (event: RolloutEvent) => {
          this.of(service).alive();
          this.events.push(event);
        },
        spec: specFor("canary", "1.1.0", { service, steps: sharedSteps, ...this.specs[service] }),
        metrics: memoryMetrics(this.of(service), this.clock, () => this.isAway[service] === true),
        policy: policyFor({ steps: sharedSteps }),
        samples: this.samplesOf(service),
        ...this.options[service],
        ...more,
      })),
    );
  }

  /** Calls `then` once, after so many calls of both services that could change something. */
  afterCall(calls: number, then: () => void): void {
    const at = this.calls + calls;
    for (const service of names)
      this.of(service).afterCall = () => {
        if (this.calls === at) then();
      };
  }

  /** Runs and is killed after so many calls; false when it had come to an end before. */
  async isKilledAfter(calls: number): Promise<boolean> {
    this.afterCall(calls, () => {
      for (const service of names) {
        this.of(service).kill();
        // The call that is being made does not come back either.
        this.of(service).killAfter = 0;
      }
    });
    try {
      await this.run();
      return false;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return true;
    } finally {
      for (const service of names) {
        this.of(service).revive();
        this.of(service).afterCall = null;
      }
    }
  }

  /** A person asks something of one service, from another process. */
  asks(service: Name, kind: OperatorRequest["kind"]): void {
    const { id = "", step = 0 } = this.recordOf(service) ?? {};
    this.of(service).leave({ rollout: id, kind, step, by: "ada", at: this.clock.now() });
  }

  recordOf(service: Name): RolloutRecord | null {
    return this.of(service).observe().rollout;
  }

  /** Waits until a service is in the step with this weight. */
  async reached(service: Name, weight: number): Promise<void> {
    for (let looks = 0; looks < 5000; looks++) {
      const { weights, rollout } = this.of(service).observe();
      if (weights["1.1.0"] === weight && rollout?.stepStartedAt != null) return;
      await this.clock.sleep(1000);
    }
    throw new Error(`${service} never had ${weight} %: ${JSON.stringify(this.state)}`);
  }

  shareOf(service: Name): number {
    return this.of(service).readWeights()["1.1.0"] ?? 0;
  }

  /** What is left when all is over. */
  get state() {
    return names.map((service) => {
      this.of(service).settle();
      const { stable, weights, rollout, versions } = this.of(service).observe();
      return { service, stable, weights, rollout, versions: versions.map((one) => one.version) };
    });
  }

  /** Effects on a service that users or operators can see. */
  visible(service: Name): string[] {
    return this.of(service).effects.filter((effect) => !/^(record|request)/.test(effect));
  }

  private samplesOf(service: Name) {
    const mine = this.events.filter((event) => event.service === service);
    const from = mine.findLastIndex((event) => event.type === "rollout.started" && !event.data.resumed);
    return mine
      .slice(Math.max(0, from))
      .flatMap((event) => (event.type === "rollout.sample" ? [event.data] : []));
  }

  /** Notes when one is more than a step ahead of the other, or trusted before the other had all of its traffic. */
  private compare(): void {
    const [a, b] = names.map((service) => this.of(service).observe());
    const steps = (this.specs.orders?.steps ?? sharedSteps).length;
    const stepOf = (seen: typeof a) =>
      seen!.stable === "1.1.0" || seen!.rollout?.phase === "promoting" ? steps : (seen!.rollout?.step ?? 0);
    const isForward = [a, b].every((seen) => seen!.rollout && seen!.rollout.phase !== "aborting");
    if (isForward && Math.abs(stepOf(a) - stepOf(b)) > 1)
      this.outOfStep.push(`${stepOf(a)} and ${stepOf(b)}`);
    for (const [one, other] of [
      [a, b],
      [b, a],
    ])
      if (one!.stable === "1.1.0" && (other!.weights["1.1.0"] ?? 0) < 100 && other!.stable !== "1.1.0")
        this.outOfStep.push(
          `${one!.service} was trusted while ${other!.service} had ${other!.weights["1.1.0"]} %`,
        );
  }
}

/** How a service is after it was taken back, and after it was promoted. */
export const back = { stable: "1.0.0", weights: { "1.0.0": 100 }, rollout: null, versions: ["1.0.0"] };
export const promoted = { stable: "1.1.0", weights: { "1.1.0": 100 }, rollout: null, versions: ["1.1.0"] };
export const both = (state: object) => names.map((service) => ({ service, ...state }));

/** Nobody was hurt, and the two were never out of step. */
export function expectOrder(duo: Duo, when = ""): void {
  for (const service of names) {
    duo.of(service).settle();
    expect(duo.of(service).violations, when).toEqual([]);
    const { diesAfterSeconds } = duo.behaviour[service] ?? {};
    if (diesAfterSeconds === undefined) expect(duo.of(service).traffic.lost, when).toBe(0);
  }
  expect(duo.outOfStep, when).toEqual([]);
}
