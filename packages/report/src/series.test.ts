import type { Event } from "@sluice/documents";
import { type RolloutView, runs } from "@sluice/journal";
import { describe, expect, test } from "vitest";
import { finalVerdict, isDecisive, measuresOf } from "./measures.ts";
import { seriesOf } from "./series.ts";
import { steps } from "./steps.ts";

const noon = Date.parse("2026-03-04T12:00:00.000Z");
const counters = (requests: number, errors: number, slow = 0) => ({
  requests,
  errors,
  latency: { "0.1": requests - slow, "0.5": requests, "+Inf": requests },
});
type Reading = [
  t: number,
  weight: number,
  canary: ReturnType<typeof counters> | null,
  baseline: ReturnType<typeof counters> | null,
];

/** A rollout whose journal holds exactly these weights and readings. */
function rollout(
  weights: [number, number][],
  readings: Reading[],
  rest: [string, number, unknown][] = [],
): RolloutView {
  const all: [string, number, unknown][] = [
    ["rollout.started", 0, { from: "1", to: "2", strategy: "canary", resumed: false }],
    ...weights.map(([t, weight]): [string, number, unknown] => [
      "rollout.weights",
      t,
      { step: 0, weights: { "2": weight, "1": 100 - weight } },
    ]),
    ...readings.map(([t, weight, canary, baseline]): [string, number, unknown] => [
      "rollout.sample",
      t,
      { t, weight, canary, baseline },
    ]),
    ...rest,
  ];
  const events = all
    .toSorted((a, b) => a[1] - b[1])
    .map(
      ([type, t, data], i) =>
        ({
          schema: "sluice/event/v1",
          sequence: i + 1,
          at: new Date(noon + t * 1000).toISOString(),
          run: "r",
          environment: "e",
          service: "s",
          type,
          data,
        }) as Event,
    );
  return runs(events)[0]!.rollouts[0]!;
}

describe("a series", () => {
  test("has ratios of what was added, not of what had been counted before", () => {
    const { points } = seriesOf(
      rollout(
        [],
        [
          [0, 5, counters(0, 0), counters(1000, 500)],
          [1, 5, counters(10, 1), counters(1100, 500)],
          [2, 5, counters(20, 2), counters(1200, 500)],
        ],
      ),
    );
    expect(points.at(-1)).toMatchObject({
      canary: { errorRatio: 0.1, rate: 10 },
      baseline: { errorRatio: 0, rate: 100 },
    });
  });

  test("goes on over a restart, where counters begin again from zero", () => {
    const { points } = seriesOf(
      rollout(
        [],
        [
          [1, 5, counters(100, 0), null],
          [2, 5, counters(10, 5), null],
          [3, 5, counters(20, 5), null],
        ],
      ),
    );
    expect(points[1]?.canary?.errorRatio).toBe(0.5);
    expect(points.every((point) => (point.canary?.rate ?? 0) >= 0)).toBe(true);
  });

  test("has no value where there were no requests, not zero", () => {
    const { points } = seriesOf(
      rollout(
        [],
        [
          [1, 5, counters(0, 0), null],
          [2, 5, counters(0, 0), null],
        ],
      ),
    );
    expect(points.at(-1)).toMatchObject({ canary: { errorRatio: null, p99: null }, baseline: null });
  });

  test("of a long rollout is thinned out, and keeps its last reading", () => {
    const readings = Array.from(
      { length: 2000 },
      (_, t): Reading => [t, 5, counters(t * 10, 0), counters(t * 100, 0)],
    );
    const { points } = seriesOf(rollout([], readings), 240);
    expect(points.length).toBeLessThanOrEqual(241);
    expect(points.at(-1)?.t).toBe(1999);
  });
});

describe("the steps of a rollout", () => {
  test("hold what was counted while the traffic was split like that", () => {
    const rows = steps(
      rollout(
        [
          [0, 5],
          [3, 50],
        ],
        [
          [1, 5, counters(10, 1), counters(1090, 0)],
          [3, 5, counters(30, 3), counters(1270, 2)],
          [4, 50, counters(80, 3), counters(1320, 2)],
        ],
      ),
    );
    expect(rows).toMatchObject([
      {
        weight: 5,
        from: 0,
        seconds: 3,
        canary: { requests: 30, errors: 3, errorRatio: 0.1 },
        baseline: { requests: 180, errors: 2 },
      },
      { weight: 50, from: 3, canary: { requests: 50, errors: 0 }, baseline: { requests: 50, errors: 0 } },
    ]);
  });
});

describe("the measures of a rollout", () => {
  const evidence = {
    canary: null,
    baseline: null,
    eValue: 200,
    p: 0.005,
    promotionEValue: 0,
    decidedBy: null,
    metrics: [],
    guards: [],
    alpha: 0.01,
    beta: 0.05,
  };
  const verdict = (t: number, kind: string): [string, number, unknown] => [
    "rollout.verdict",
    t,
    { t, verdict: kind, reasonCode: "judge.worse", sentence: "", evidence },
  ];

  test("are read from the moments at which things happened", () => {
    const view = rollout(
      [
        [2, 5],
        [10.5, 0],
      ],
      [
        [3, 5, counters(12, 1), counters(100, 0)],
        [10, 5, counters(96, 9), counters(2000, 8)],
      ],
      [
        verdict(3, "continue"),
        verdict(10, "rollback"),
        [
          "rollout.finished",
          12,
          {
            status: "rolled_back",
            reasonCode: "deploy.rolled-back",
            version: "1",
            summary: "",
            unanswered: 0,
          },
        ],
      ],
    );
    expect(measuresOf(view)).toEqual({
      seconds: 12,
      secondsToVerdict: 8,
      secondsUntilTrafficBack: 0.5,
      canaryRequests: 96,
      canaryErrors: 9,
      unanswered: 0,
    });
  });

  test("take the verdict that decided, not the ones that let a step go on", () => {
    const going = [verdict(3, "promote"), verdict(6, "continue"), verdict(9, "promote")];
    const end = (status: string): [string, number, unknown] => [
      "rollout.finished",
      10,
      { status, reasonCode: "deploy.promoted", version: "2", summary: "" },
    ];
    const promoted = rollout([[2, 5]], [], [...going, end("succeeded")]);
    expect(finalVerdict(promoted)?.verdict.t).toBe(9);
    expect(isDecisive(promoted, finalVerdict(promoted)!.verdict)).toBe(true);
    const crashed = rollout([[2, 5]], [], [...going, end("rolled_back")]);
    expect(isDecisive(crashed, finalVerdict(crashed)!.verdict)).toBe(false);
    const bad = rollout(
      [[2, 5]],
      [],
      [...going, verdict(9.5, "rollback"), verdict(9.8, "hold"), end("rolled_back")],
    );
    expect(finalVerdict(bad)?.verdict).toMatchObject({ t: 9.5, verdict: "rollback" });
  });

  test("are unknown, not zero, where nothing was written down", () => {
    expect(measuresOf(rollout([], []))).toEqual({
      seconds: null,
      secondsToVerdict: null,
      secondsUntilTrafficBack: null,
      canaryRequests: null,
      canaryErrors: null,
      unanswered: null,
    });
  });
});
