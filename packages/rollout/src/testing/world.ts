/** What the behavioural cases share: an environment in which every request is counted, and people who ask for things. */
import type { OperatorRequest } from "@sluice/ports";
import type { MemoryOptions } from "@sluice/testing";
import { expect, onTestFinished } from "vitest";
import type { CanaryStep } from "../spec.ts";
import { Scenario } from "./scenario.ts";

/** What users may notice in a case; nothing where nothing is said. */
export interface Tolerated {
  /** Requests that met a version which died under them, at most. */
  lost?: number;
  /** The entry may be closed for a while, as the strategy recreate does. */
  isClosed?: boolean;
}

/**
 * An environment in which 1.0.0 runs, is trusted and has users. At the end of the test, whatever it was about, no
 * request may have gone to a version that was not ready, and nothing may have been removed under its users.
 */
export async function world(
  options: Omit<MemoryOptions, "clock"> = {},
  tolerated: Tolerated = {},
): Promise<Scenario> {
  return observed(await Scenario.withOld(options), tolerated);
}

/** The same before the first release. Until then there is no entry, so users can only meet a closed one. */
export const emptyWorld = (options: Omit<MemoryOptions, "clock"> = {}): Scenario =>
  observed(new Scenario(options), { isClosed: true });

function observed(scenario: Scenario, tolerated: Tolerated): Scenario {
  onTestFinished(() => lostNothing(scenario, tolerated));
  return scenario;
}

/**
 * Fails where a request went to a version that was not ready or met a closed entry, or where something was done that
 * must never be done, such as removing a version that still had traffic.
 */
export function lostNothing({ environment }: Scenario, { lost = 0, isClosed = false }: Tolerated = {}): void {
  environment.settle();
  expect(environment.violations).toEqual([]);
  expect(environment.traffic.lost).toBeLessThanOrEqual(lost);
  if (!isClosed) expect(environment.traffic.closed).toBe(0);
}

/** Steps that wait for a person each. */
export const manualSteps = (...weights: number[]): CanaryStep[] =>
  weights.map((weight) => ({ weight, pauseSeconds: 0, isManual: true }));

/** Lets time go by, and everything that happens meanwhile. */
export const after = (scenario: Scenario, seconds: number): Promise<void> =>
  scenario.clock.sleep(1000 * seconds);

/** A person asks something of the rollout that is under way, from another process. */
export function asks(
  { environment, clock }: Scenario,
  kind: OperatorRequest["kind"],
  more: Partial<OperatorRequest> = {},
): void {
  const { rollout } = environment.observe();
  const { id = "", step = 0 } = rollout ?? {};
  const request = { rollout: id, kind, step, by: "ada", at: clock.now(), ...more };
  environment.apply({ type: "request", service: environment.service, request });
}

/** Waits until the step with this weight is reached and has it. */
export async function reached(scenario: Scenario, version: string, weight: number): Promise<void> {
  for (let looks = 0; looks < 5000; looks++) {
    const { weights, rollout } = scenario.environment.observe();
    if (weights[version] === weight && rollout?.stepStartedAt != null) return;
    await after(scenario, 1);
  }
  throw new Error(`${version} never had ${weight} %: ${JSON.stringify(scenario.state)}`);
}

/** Shares of a version in the order in which the journal tells them. */
export const sharesOf = ({ events }: Scenario, version: string): number[] =>
  events.flatMap((event) =>
    event.type === "rollout.weights" ? [(event.data.weights as Record<string, number>)[version] ?? 0] : [],
  );

/** What the journal tells, one word each, without the measurements. */
export const story = ({ events }: Scenario): string[] =>
  events.flatMap((event) => {
    switch (event.type) {
      case "rollout.sample":
      case "rollout.verdict":
        return [];
      case "rollout.weights":
        return [`weights ${JSON.stringify(event.data.weights)}`];
      case "rollout.request":
        return [`${event.data.kind} ${event.data.obeyed ? "obeyed" : "not obeyed"}`];
      case "rollout.finished":
        return [`${event.data.status} ${event.data.reasonCode}`];
      default:
        return [event.type];
    }
  });

/** Readings that the judge took in the run. */
export const readingsOf = ({ events }: Scenario): number =>
  events.filter((event) => event.type === "rollout.sample").length;

/**
 * Looks once a second, until the test ends, how many requests a ready replica of a version has to answer, as a
 * multiple of what one of a whole old version answers alone.
 *
 * @returns the greatest multiple so far, by version
 */
export function loadOf(scenario: Scenario, whole = 4): Record<string, number> {
  const most: Record<string, number> = {};
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const look = async () => {
    while (!isOver) {
      for (const [version, weight] of Object.entries(scenario.environment.readWeights())) {
        const ready = scenario.environment.readyCount(version);
        most[version] = Math.max(most[version] ?? 0, (weight * whole) / (100 * ready));
      }
      await after(scenario, 1);
    }
  };
  void look();
  return most;
}
