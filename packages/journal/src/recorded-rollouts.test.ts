import type { Event, EventOf } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { recordedRollouts } from "./recorded-rollouts.ts";

let sequence = 0;
const event = (type: string, data: unknown, more: object = {}): Event =>
  ({
    schema: "sluice/event/v1",
    sequence: ++sequence,
    at: new Date(Date.UTC(2026, 0, 1) + 1000 * sequence).toISOString(),
    run: "r1",
    environment: "test",
    service: "web",
    type,
    data,
    ...more,
  }) as Event;
const started = (to: string, resumed = false, more = {}) =>
  event("rollout.started", { from: "1", to, strategy: "canary", resumed }, more);
const sample = (t: number, more = {}) =>
  event("rollout.sample", { t, weight: 5, canary: null, baseline: null }, more);
const verdict = (t: number, more = {}) => event("rollout.verdict", { t, verdict: "continue" }, more);
const finished = (version: string, status: string, more = {}) =>
  event("rollout.finished", { status, version, reasonCode: "deploy.promoted", summary: "" }, more);

describe("the rollouts of a journal with what the judge saw", () => {
  test("hold each reading with the verdict that followed it, of one service at a time", () => {
    const other = { service: "api" };
    const [web, api] = recordedRollouts([
      started("2"),
      started("9", false, other),
      sample(1),
      sample(5, other),
      verdict(1),
      verdict(5, other),
      sample(2),
      finished("2", "succeeded"),
    ]);
    expect(web).toMatchObject({ service: "web", to: "2", status: "succeeded" });
    expect(web!.parts[0]!.readings.map(({ sample, verdict }) => [sample.t, verdict?.t ?? null])).toEqual([
      [1, 1],
      [2, null],
    ]);
    expect(api).toMatchObject({ service: "api", status: "running", finishedAt: null });
  });

  test("leave out what is said while the metrics are away, and the readings of the watch afterwards", () => {
    const [only, ...rest] = recordedRollouts([
      started("2"),
      sample(1),
      verdict(1),
      verdict(1),
      finished("2", "succeeded"),
      sample(99),
    ]);
    expect(rest).toEqual([]);
    expect(only!.parts[0]!.readings).toHaveLength(1);
  });

  test("go on in the next run, with a policy for each, also after an end that decided nothing", () => {
    const policy = (alpha: number): EventOf<"rollout.policy">["data"] => ({
      options: { alpha },
      learned: [],
    });
    const second = { run: "r2" };
    const [rollout, ...rest] = recordedRollouts([
      started("2"),
      event("rollout.policy", policy(0.01)),
      sample(1),
      finished("2", "inconclusive"),
      started("2", true, second),
      event("rollout.policy", policy(0.02), second),
      sample(2, second),
      finished("2", "succeeded", second),
    ]);
    expect(rest).toEqual([]);
    expect(rollout).toMatchObject({ runs: ["r1", "r2"], status: "succeeded" });
    expect(
      rollout!.parts.map(({ run, policy, readings }) => [run, policy?.options, readings.length]),
    ).toEqual([
      ["r1", { alpha: 0.01 }, 1],
      ["r2", { alpha: 0.02 }, 1],
    ]);
  });

  test("that began anew are others, and those without a reading are none", () => {
    const list = recordedRollouts([
      started("2"),
      finished("2", "failed"),
      started("2"),
      sample(1),
      started("3"),
      sample(1),
    ]);
    expect(list.map(({ to }) => to)).toEqual(["2", "3"]);
  });
});
