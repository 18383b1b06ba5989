/** Rollouts of every kind, to be killed and stopped at every point of them. */
import type { DeployedService, Status } from "@sluice/documents";
import type { Observation, OperatorRequest } from "@sluice/ports";
import { Killed, type MemoryOptions, trust } from "@sluice/testing";
import type { RolloutOptions } from "../options.ts";
import type { RolloutSpec } from "../spec.ts";
import { Scenario, specFor, version } from "./scenario.ts";

export interface Case {
  name: string;
  spec: RolloutSpec;
  /** How it ends when nobody interrupts it. */
  ends: Status;
  environment?: Omit<MemoryOptions, "clock">;
  options?: Partial<RolloutOptions>;
  /** Runs before it; 1.0.0 with users where nothing is said. */
  before?: () => Promise<Scenario>;
  /** What a person asks for when the rollout looks like this; null for nothing. */
  person?: (seen: Observation, scenario: Scenario) => OperatorRequest["kind"] | null;
  /** Metrics decide when it ends, so its effects may come at other times after an interruption. */
  isJudgedBad?: true;
}

const steps = [
  { weight: 5, pauseSeconds: 30 },
  { weight: 50, pauseSeconds: 30 },
  { weight: 100, pauseSeconds: 0 },
];
const canary = (more: Partial<RolloutSpec> = {}) => specFor("canary", "1.1.0", { steps, ...more });
const waitsAt = (seen: Observation, weight: number): boolean =>
  seen.rollout?.phase === "stepping" &&
  seen.rollout.stepStartedAt !== null &&
  (seen.weights["1.1.0"] ?? 0) === weight;
const manual = steps.map((step) =>
  step.weight === 50 ? { ...step, pauseSeconds: 0, isManual: true } : step,
);
const quietly = async () => {};

export const cases: Case[] = [
  { name: "canary", spec: canary(), ends: "succeeded" },
  {
    name: "canary with testers, copies, sticky users and a version that stands by",
    spec: canary({
      darkLaunch: { pauseSeconds: 20 },
      routing: { testers: { header: "X-Canary" }, mirrorPercent: 10, isSticky: true },
      keepOldForSeconds: 30,
    }),
    options: { beforeSwitch: quietly, afterStep: quietly },
    ends: "succeeded",
  },
  {
    name: "canary with a step that a person promotes",
    spec: canary({ steps: manual }),
    person: (seen) => (waitsAt(seen, 50) ? "promote" : null),
    ends: "succeeded",
  },
  {
    name: "canary with a dark launch that a person promotes",
    spec: canary({ darkLaunch: { pauseSeconds: 0, isManual: true }, routing: { mirrorPercent: 50 } }),
    person: (seen) => (seen.rollout?.step === 0 && seen.rollout.stepStartedAt ? "promote" : null),
    ends: "succeeded",
  },
  {
    name: "canary whose steps a person leaves out",
    spec: canary({ routing: { isSticky: true } }),
    person: (seen) => (waitsAt(seen, 5) ? "promote-full" : null),
    ends: "succeeded",
  },
  {
    name: "canary that a person halts and another run goes on with",
    spec: canary(),
    person: (seen, { events }) =>
      waitsAt(seen, 5) && !events.some(({ type }) => type === "rollout.request") ? "halt" : null,
    ends: "succeeded",
  },
  {
    name: "canary that a person takes back",
    spec: canary({ routing: { testers: { cookie: "canary" }, isSticky: true } }),
    person: (seen) => (waitsAt(seen, 50) ? "abort" : null),
    ends: "rolled_back",
  },
  {
    name: "canary within the rollback window",
    spec: specFor("canary", "0.9.0", { steps, rollbackWindow: { revisions: 1 } }),
    before: async () => {
      const scenario = await Scenario.withOld();
      const { environment, clock } = scenario;
      for (const name of ["0.9.0", "1.0.0"]) await trust(environment, clock, version(name));
      await clock.sleep(2000);
      environment.apply({ type: "remove-version", service: "shop", version: "0.9.0" });
      await clock.sleep(60_000);
      environment.effects.length = 0;
      return scenario;
    },
    ends: "succeeded",
  },
  {
    name: "canary of a bad release",
    spec: canary({ routing: { isSticky: true } }),
    environment: { behaviour: { "1.1.0": { errorRatio: 0.3 } } },
    ends: "rolled_back",
    isJudgedBad: true,
  },
  {
    name: "canary that never gets ready",
    spec: canary(),
    environment: { behaviour: { "1.1.0": { neverReady: true } } },
    ends: "failed",
  },
  { name: "first version", spec: canary(), before: async () => new Scenario(), ends: "succeeded" },
  { name: "rolling", spec: specFor("rolling", "1.1.0"), ends: "succeeded" },
  {
    name: "rolling in batches that are checked",
    spec: specFor("rolling", "1.1.0", { rolling: { batchSize: 3, pauseSeconds: 5 } }),
    options: { afterStep: quietly },
    ends: "succeeded",
  },
  {
    name: "rolling whose check fails after the second batch",
    spec: specFor("rolling", "1.1.0"),
    options: {
      afterStep: async () => {
        throw new Error("GET /orders answered 500");
      },
    },
    ends: "rolled_back",
  },
  {
    name: "blue-green, at once",
    spec: specFor("bluegreen", "1.1.0", { bluegreen: { testDurationSeconds: 30 }, keepOldForSeconds: 30 }),
    options: { beforeSwitch: quietly },
    ends: "succeeded",
  },
  {
    name: "blue-green, gradually and with a person",
    spec: specFor("bluegreen", "1.1.0", {
      bluegreen: {
        switchSteps: [
          { weight: 10, pauseSeconds: 10 },
          { weight: 60, pauseSeconds: 0, isManual: true },
        ],
        testDurationSeconds: 20,
      },
    }),
    person: (seen) => (waitsAt(seen, 60) ? "promote" : null),
    ends: "succeeded",
  },
  {
    name: "blue-green of a bad release",
    spec: specFor("bluegreen", "1.1.0"),
    environment: { behaviour: { "1.1.0": { errorRatio: 0.3 } } },
    ends: "rolled_back",
    isJudgedBad: true,
  },
  { name: "recreate", spec: specFor("recreate", "1.1.0"), ends: "succeeded" },
];

/** A scenario of a case with its person. */
export async function open(one: Case): Promise<Scenario> {
  const scenario = await (one.before?.() ?? Scenario.withOld(one.environment));
  const { environment } = scenario;
  environment.calls = 0;
  environment.afterLook = (_, seen) => {
    const kind = one.person?.(seen, scenario);
    const { rollout, request } = seen;
    if (!kind || !rollout || request) return;
    environment.leave({ rollout: rollout.id, kind, step: rollout.step, by: "ada", at: scenario.clock.now() });
  };
  return scenario;
}

/** Runs the rollout of a case until it is over: a run that a person halted is followed by another one. */
export async function toTheEnd(
  scenario: Scenario,
  one: Case,
  more: Partial<RolloutOptions> = {},
): Promise<DeployedService> {
  for (let runs = 0; ; runs++) {
    const result = await scenario.run(one.spec, { pollSeconds: 5, ...one.options, ...more });
    if (result.status !== "held" || runs > 3) return result;
  }
}

/** The same, by a process that is killed after so many calls which could change something. */
export async function untilKilled(scenario: Scenario, one: Case, calls: number): Promise<boolean> {
  scenario.environment.killAfter = scenario.environment.calls + calls;
  try {
    await toTheEnd(scenario, one);
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return true;
  } finally {
    scenario.environment.revive();
  }
}
