import { observe, policyFor, start } from "@sluice/judge";
import type { Progress } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { formatProgress, plainLog, timestamp } from "./plain.ts";

const rollout = (change: Partial<Extract<Progress, { type: "rollout" }>> = {}): Progress => ({
  type: "rollout",
  service: "orders",
  version: "2.0.0",
  weights: { "1.0.0": 75, "2.0.0": 25 },
  rates: { "1.0.0": 182.6, "2.0.0": 61.2 },
  step: { index: 1, count: 4 },
  waitingFor: "the step of 25 % to last its time",
  remainingSeconds: 3.2,
  ...change,
});

test("a log line begins with the time as [YYYY-mm-dd HH:MM:SS] (R407)", () => {
  expect(timestamp(new Date(2026, 0, 2, 3, 4, 5))).toBe("[2026-01-02 03:04:05]");
});

test("one line says the step, the split with real rates, and what is waited for how long (R264)", () => {
  expect(formatProgress(rollout())).toBe(
    "orders: step 2/4 | 1.0.0 75 % (183/s), 2.0.0 25 % (61/s) | the step of 25 % to last its time, 4 s at most",
  );
});

describe("a log that nobody redraws", () => {
  const lines: string[] = [];
  let now = 0;
  const log = plainLog(
    (line) => lines.push(line),
    () => now,
  );

  test("says a rollout once while nothing changes, and again after a while (R409)", () => {
    log.onProgress(rollout());
    now += 1000;
    log.onProgress(rollout({ remainingSeconds: 2 }));
    expect(lines).toHaveLength(1);
    now += 10_000;
    log.onProgress(rollout({ remainingSeconds: 1 }));
    expect(lines).toHaveLength(2);
  });

  test("says at once when the split changes", () => {
    log.onProgress(rollout({ weights: { "1.0.0": 50, "2.0.0": 50 } }));
    expect(lines.at(-1)).toContain("2.0.0 50 %");
  });

  test("says what the judge said once, and then what is done about it", () => {
    const verdict = observe(
      start(policyFor()),
      { t: 10, weight: 25, canary: null, baseline: null },
      policyFor(),
    ).verdict;
    const said = () => lines.filter((line) => line.includes(verdict.sentence)).length;
    log.onProgress(rollout({ verdict, waitingFor: "the traffic to be back on 1.0.0" }));
    log.onProgress(rollout({ verdict, waitingFor: "2.0.0 to be removed" }));
    expect(said()).toBe(1);
    expect(lines.at(-1)).toContain("2.0.0 to be removed");
    log.onProgress(rollout({ verdict: { ...verdict, t: 20 }, waitingFor: "nothing" }));
    expect(said()).toBe(2);
  });

  test("marks warnings and the output of commands, every line with its time (R407)", () => {
    log.onProgress({ type: "warning", text: "slow" });
    log.onProgress({ type: "output", service: "web", text: "12 tests" });
    expect(lines.at(-2)).toMatch(/\] warning: slow$/);
    expect(lines.at(-1)).toMatch(/\] {3}\| web: 12 tests$/);
  });
});
