import type { Verdict } from "@sluice/documents";
import { observe, policyFor, start } from "@sluice/judge";
import type { Progress } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { outlookOf, Pace } from "./outlook.ts";
import { stepsOf } from "./spec.ts";
import { canarySteps, Scenario, specFor } from "./testing/scenario.ts";

const spec = specFor("canary", "1.1.0", { maxHoldSeconds: 1800 });
const steps = stepsOf(spec, { from: "1.0.0" } as Parameters<typeof stepsOf>[1], 4);
const base = observe(
  start(policyFor()),
  { t: 0, weight: 5, canary: null, baseline: null },
  policyFor(),
).verdict;

/** A verdict with this evidence. */
const said = (t: number, verdict: Verdict["verdict"], eValue: number, promotionEValue = 1): Verdict => ({
  ...base,
  t,
  verdict,
  reasonCode: verdict === "hold" ? "judge.too-little-traffic" : "judge.healthy-so-far",
  evidence: { ...base.evidence, eValue, promotionEValue },
});

function paceOf(...verdicts: Verdict[]): Pace {
  const pace = new Pace();
  for (const verdict of verdicts) pace.note(verdict);
  return pace;
}
const still = paceOf();
const times = { remaining: 200, holdLeft: 2000, rate: 0 };

describe("the pace of the evidence", () => {
  test("is measured on the logarithm over the last readings, and is unknown with fewer than three", () => {
    const growing = [0, 10, 20, 30].map((t) => said(t, "continue", 10 ** (t / 30)));
    expect(paceOf(...growing).secondsTo("worse", 100)).toBeCloseTo(30, 6);
    expect(paceOf(...growing.slice(0, 2)).secondsTo("worse", 100)).toBeNull();
    expect(paceOf(...growing).secondsTo("good", 20)).toBeNull();
    expect(paceOf(...growing).secondsTo("worse", 5)).toBe(0);
  });
});

describe("what happens if nothing changes", () => {
  const growing = [0, 10, 20, 30].map((t) => said(t, "continue", 10 ** (t / 30)));
  const better = [0, 10, 20, 30].map((t) => said(t, "continue", 0.1, 1 + t / 10));
  test.each([
    ["on to the next weight", 0, said(0, "continue", 1), still, { event: "step", weight: 25, seconds: 200 }],
    ["rolled back soon", 0, said(0, "continue", 10), paceOf(...growing), { event: "rollback", seconds: 30 }],
    ["rolled back now", 0, said(0, "rollback", 200), still, { event: "rollback", seconds: 0 }],
    ["undecided, without data", 0, said(0, "hold", 1), still, { event: "inconclusive", seconds: 2000 }],
    [
      "promoted when the evidence is there",
      2,
      said(0, "promote", 1, 30),
      still,
      { event: "step", weight: 100 },
    ],
    [
      "all of it, on evidence that comes",
      2,
      said(30, "continue", 1, 4),
      paceOf(...better),
      { event: "step", weight: 100 },
    ],
    [
      "undecided, when it does not come",
      2,
      said(0, "continue", 1),
      still,
      { event: "inconclusive", seconds: 2000 },
    ],
    ["promoted at the end", 3, said(0, "promote", 1, 30), still, { event: "promotion", seconds: 200 }],
  ])("%s", (_, index, verdict, pace, expected) => {
    expect(outlookOf(spec, steps, index, verdict, pace, times)).toMatchObject(expected);
  });

  test("a step that has just begun gets its traffic yet, where there is any", () => {
    const few = said(0, "hold", 1);
    expect(outlookOf(spec, steps, 0, few, still, { ...times, rate: 5 })).toMatchObject({ event: "step" });
    expect(outlookOf(spec, steps, 0, few, still, { ...times, rate: null })).toMatchObject({ event: "step" });
  });

  test.each(["judge.gate-exceeded", "judge.both-bad", "judge.alert-firing"] as const)(
    "%s is not overlooked where an undecided step goes on all the same",
    (reasonCode) => {
      const bold = specFor("canary", "1.1.0", { onInconclusive: "promote" });
      const held = { ...said(0, "hold", 1), reasonCode };
      expect(outlookOf(bold, steps, 0, held, still, times)).toEqual({ event: "inconclusive", seconds: 2000 });
    },
  );

  test("a person decides where a bad release is held, or a step is manual", () => {
    const held = specFor("canary", "1.1.0", { onBadRelease: "hold" });
    expect(outlookOf(held, steps, 0, said(0, "rollback", 200), still, times)).toMatchObject({
      event: "hold",
    });
    const manual = steps.map((step) => ({ ...step, isManual: true }));
    expect(outlookOf(spec, manual, 0, said(0, "continue", 1), still, times)).toEqual({
      event: "person",
      seconds: null,
    });
  });

  test("a rollout says it at every look at a step, and comes to what it said last", async () => {
    const behaviour = { "1.0.0": { errorRatio: 0.01 }, "1.1.0": { errorRatio: 0.01 } };
    const scenario = await Scenario.withOld({ behaviour });
    const seen: Extract<Progress, { type: "rollout" }>[] = [];
    await scenario.run(specFor("canary", "1.1.0"), {
      onProgress: (progress) => progress.type === "rollout" && seen.push(progress),
    });
    const before = (weight: number) =>
      seen.findLast(({ outlook, weights }) => outlook && (weights["1.1.0"] ?? 0) === weight)?.outlook;
    expect(before(5)).toMatchObject({ event: "step", weight: 25 });
    expect(before(25)).toMatchObject({ event: "step", weight: 50 });
    expect(before(50)).toMatchObject({ event: "step", weight: 100 });
    const first = seen.find(({ outlook }) => outlook)!;
    expect(first.outlook!.seconds).toBeLessThanOrEqual(canarySteps[0]!.pauseSeconds + 1800);
  });
});
