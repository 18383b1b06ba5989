import { withoutSchema } from "@sluice/documents";
import type { RolloutView } from "@sluice/journal";
import { observe, policyFor, start } from "@sluice/judge";
import { describe, expect, test } from "vitest";
import { marksOf, verdictMarks } from "./marks.ts";
import { linear } from "./scale.ts";

const base = withoutSchema(
  observe(start(policyFor()), { t: 0, weight: 5, canary: null, baseline: null }, policyFor()).verdict,
);

/** A rollout that ended like this, after these verdicts, one a minute. */
const ended = (
  status: RolloutView["status"],
  verdicts: readonly (readonly [string, string])[],
): RolloutView => ({
  service: "web",
  from: "1",
  to: "2",
  strategy: "canary",
  resumed: false,
  startedAt: 0,
  finishedAt: 60_000 * verdicts.length,
  status,
  reasonCode: null,
  summary: "The time was up.",
  unanswered: null,
  weights: [],
  samples: [],
  verdicts: verdicts.map(([verdict, reasonCode], i) => ({
    at: 60_000 * i,
    verdict: { ...base, verdict, reasonCode } as RolloutView["verdicts"][number]["verdict"],
  })),
  policy: null,
});
const wordsOf = (rollout: RolloutView) =>
  marksOf(rollout).map(({ word, at, isEnd }) => [word, at / 60_000, isEnd]);
const fine = ["continue", "judge.healthy-so-far"] as const;
const bad = ["rollback", "judge.worse"] as const;

describe("the moments that a chart marks", () => {
  test("the decision of a rollback, also where a person is to carry it out", () => {
    expect(wordsOf(ended("rolled_back", [fine, bad]))).toEqual([["roll back", 1, true]]);
    expect(wordsOf(ended("held", [fine, bad]))).toEqual([["roll back", 1, true]]);
  });

  test("a gate that holds, but not the first moments of a step without traffic", () => {
    const gate = ["hold", "judge.gate-exceeded"] as const;
    const few = ["hold", "judge.too-little-traffic"] as const;
    const promote = ["promote", "judge.not-worse"] as const;
    expect(wordsOf(ended("succeeded", [few, fine, few, fine, gate, fine, promote]))).toEqual([
      ["hold", 4, false],
      ["promote", 6, true],
    ]);
  });

  test("the end of a rollout that could not be decided", () => {
    expect(wordsOf(ended("inconclusive", [fine, fine]))).toEqual([["undecided", 2, true]]);
  });

  test("names that would lie on one another are left out, and never that of the end", () => {
    const rollout = ended("rolled_back", [fine, ["hold", "judge.gate-exceeded"], fine, bad]);
    const frame = { left: 50, right: 350, seconds: 2000, x: linear([0, 2000], [50, 350]), isNarrow: true };
    const text = verdictMarks(rollout, frame, 100).join("");
    expect(text.match(/<line/g)).toHaveLength(2);
    expect(text.match(/<text[^>]*>[^<]*/g)).toEqual([expect.stringContaining("roll back · 3 min")]);
  });
});
