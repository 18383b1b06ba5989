import type { Verdict } from "@sluice/documents";
import { observe, policyFor, start } from "@sluice/judge";
import type { Progress } from "@sluice/ports";
import { describe, expect, test } from "vitest";
import { evidenceBar, formatBounds, formatErrors, formatOutlook, formatSeconds } from "./evidence.ts";
import { liveLog, rolloutLines } from "./live.ts";
import { formatEvidence, plainLog } from "./plain.ts";

/** What the judge says after a while at 25 %, with these failures of 1,000 and of 3,000 requests. */
function verdictOf(canaryErrors: number, baselineErrors: number): Verdict {
  const policy = policyFor({ warmUpSeconds: 0, tolerance: 1 });
  const at = (t: number, part: number) => ({
    t,
    weight: 25,
    canary: { requests: 1000 * part, errors: canaryErrors * part, latency: {} },
    baseline: { requests: 3000 * part, errors: baselineErrors * part, latency: {} },
  });
  const before = observe(start(policy), at(0, 0), policy).state;
  return observe(before, at(60, 1), policy).verdict;
}

const rollout = (verdict: Verdict, more: object = {}): Progress => ({
  type: "rollout",
  service: "orders",
  version: "2.0.0",
  from: "1.0.0",
  weights: { "1.0.0": 75, "2.0.0": 25 },
  step: { index: 1, count: 4 },
  verdict,
  waitingFor: "the step of 25 % to last its time",
  remainingSeconds: 200,
  outlook: { event: "step", seconds: 200, weight: 50 },
  ...more,
});

describe("what a person sees of the evidence (R264, R405)", () => {
  test("the bar fills to the right for a bad version, to the left for a good one, and is empty at first", () => {
    expect(evidenceBar(verdictOf(60, 30).evidence, 4)).toBe("░░░░┃████");
    expect(evidenceBar(verdictOf(30, 90).evidence, 4)).toMatch(/^█{4}┃░{4}$/);
    expect(evidenceBar(verdictOf(0, 0).evidence, 4)).toBe("░░░░┃░░░░");
  });

  test("both error ratios have the range that fits, and no requests are no ratio", () => {
    const versions = { version: "2.0.0", from: "1.0.0" };
    expect(formatErrors(versions, verdictOf(10, 15).evidence)).toBe(
      "2.0.0 1 % (0.54–1.8 %), 1.0.0 0.5 % (0.3–0.82 %)",
    );
    const none = {
      ...verdictOf(0, 0).evidence,
      canary: { requests: 0, errors: 0, p99: null },
      baseline: null,
    };
    expect(formatErrors(versions, none)).toBe("2.0.0 no requests, 1.0.0 no data");
  });

  test.each([
    [{ event: "step", seconds: 200, weight: 50 }, "on to 50 % in about 3 min 20 s"],
    [{ event: "rollback", seconds: 0 }, "rolled back now"],
    [{ event: "inconclusive", seconds: 1800 }, "given up as undecided in about 30 min"],
    [{ event: "person", seconds: null }, "it waits until a person promotes it"],
  ] as const)("the outlook %o is `%s`", (outlook, words) => {
    expect(formatOutlook(outlook)).toBe(words);
  });

  test("a log has a second line with ratios, evidence and outlook; the live block has them too", () => {
    const lines: string[] = [];
    plainLog((line) => lines.push(line)).onProgress(rollout(verdictOf(10, 15)));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("the step of 25 % to last its time, 3 min 20 s at most");
    expect(lines[1]).toMatch(
      /orders: failed: 2\.0\.0 1 % .* \| promote [░█]{12}┃[░█]{12} roll back \(as good [\d.]+ of 20, worse [\d.]+ of 100\) \| if nothing changes: on to 50 % in about 3 min 20 s$/,
    );
    let screen = "";
    liveLog({ write: (text) => (screen += text), columns: 120 }, () => 0).onProgress(
      rollout(verdictOf(10, 15)),
    );
    expect(screen).toContain("failed 2.0.0 1 % (0.54–1.8 %)");
    expect(screen).toContain("If nothing changes: on to 50 % in about 3 min 20 s.");
  });

  test("what decided, from when to when, and alerts that began to fire are named (R273, R405)", () => {
    const worse = verdictOf(60, 30);
    const lines: string[] = [];
    const log = plainLog((line) => lines.push(line));
    log.onProgress(rollout(worse));
    expect(lines[1]).toContain(" | decided by errors, seen from the start to 60 s | ");
    expect(lines[1]).not.toContain("alerts");
    const firing = { ...worse, evidence: { ...worse.evidence, alerts: ["CheckoutFailing", "Slow"] } };
    const words = "critical alerts since the release began: CheckoutFailing, Slow";
    expect(formatEvidence(rollout(firing))).toContain(` | ${words} | decided by`);
    expect(rolloutLines(rollout(firing) as Extract<Progress, { type: "rollout" }>)).toEqual(
      expect.arrayContaining([`    ${words}`, "    decided by errors, seen from the start to 60 s"]),
    );
    expect(formatEvidence(rollout(verdictOf(10, 15)))).not.toMatch(/alerts|decided/);
  });

  test("evidence that is enough is no number any more", () => {
    expect(formatBounds(verdictOf(60, 30).evidence)).toMatch(/worse at 100, which is enough$/);
    expect(formatBounds(verdictOf(0, 0).evidence)).toBe("as good 1 of 20, worse 1 of 100");
  });

  test.each([
    [4, "4 s"],
    [200, "3 min 20 s"],
    [3900, "1 h 05 min"],
  ])("%i seconds are %s", (seconds, words) => expect(formatSeconds(seconds)).toBe(words));
});
