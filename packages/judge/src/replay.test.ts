import type { Counters, Sample } from "@sluice/documents";
import { describe, expect, test } from "vitest";
import { policyFor } from "./policy.ts";
import { finalLine, replay, verdictLine } from "./replay.ts";

const counters = (requests: number, errors: number): Counters => ({ requests, errors, latency: {} });

/** Readings every 10 s at 5 %, with these shares of failures. */
function samples(count: number, canary: number, baseline: number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    t: 10 * (i + 1),
    weight: 5,
    canary: counters(50 * i, Math.floor(50 * i * canary)),
    baseline: counters(950 * i, Math.floor(950 * i * baseline)),
  }));
}
const policy = policyFor();
const wordsOf = (list: readonly Sample[]) =>
  replay([{ policy, samples: list }]).verdicts.map(({ verdict }) => verdict);

describe("a replay", () => {
  test("says one verdict for each reading, and ends with the first rollback", () => {
    const { verdicts, final } = replay([{ policy, samples: samples(60, 0.05, 0.001) }]);
    expect(verdicts).toHaveLength(60);
    expect(final).toMatchObject({ verdict: "rollback", reasonCode: "judge.worse" });
    expect(final).toBe(verdicts.find(({ verdict }) => verdict === "rollback"));
  });

  test("that ends open says what there is to say when the time is up", () => {
    const { verdicts, final } = replay([{ policy, samples: samples(20, 0.02, 0.01) }]);
    expect(verdicts.at(-1)?.verdict).toBe("continue");
    expect(final).toMatchObject({ verdict: "inconclusive", reasonCode: "judge.undecided" });
  });

  test("a counter that falls is a restart: what came after counts, nothing is lost or negative", () => {
    const list = samples(60, 0, 0).map((sample, i) =>
      i < 30 ? sample : { ...sample, canary: counters(50 * (i - 30), 0) },
    );
    const { verdicts } = replay([{ policy, samples: list }]);
    expect(verdicts.at(-1)?.evidence.canary?.requests).toBe(50 * 29 + 50 * 29);
  });

  test("a version without data is held, and never good or bad", () => {
    const list = samples(30, 0, 0).map((sample, i) =>
      i > 9 && i < 20 ? { ...sample, canary: null } : sample,
    );
    expect(wordsOf(list).slice(10, 20)).toEqual(Array(10).fill("hold"));
  });

  test("a rollout that was taken up again under the same policy is as if nobody had stopped", () => {
    const all = samples(60, 0.03, 0.005);
    const whole = replay([{ policy, samples: all }]);
    const parts = [all.slice(0, 7), all.slice(7, 20), all.slice(20)];
    expect(replay(parts.map((part) => ({ policy, samples: part })))).toEqual(whole);
  });

  test("under another policy judges what it saw before by that one", () => {
    const all = samples(60, 0.01, 0.004);
    const strict = policyFor({ alpha: 0.2, tolerance: 1, warmUpSeconds: 0 });
    const resumed = replay([
      { policy, samples: all.slice(0, 30) },
      { policy: strict, samples: all.slice(30) },
    ]);
    const alone = replay([{ policy: strict, samples: all }]);
    expect(resumed.verdicts.slice(30)).toEqual(alone.verdicts.slice(30));
  });
});

describe("its lines", () => {
  const { verdicts, final } = replay([{ policy, samples: samples(40, 0.05, 0.001) }]);

  test("begin with time, verdict and reason, and hold the evidence in alphabetical order", () => {
    const line = verdictLine(verdicts[5]!);
    expect(line).toMatch(/^\{"t":60,"verdict":"[a-z]+","reason_code":"judge\.[a-z-]+","evidence":\{"alpha":/);
    const { evidence } = JSON.parse(line);
    expect(Object.keys(evidence)).toEqual(Object.keys(evidence).toSorted());
    expect(evidence.sentence).toMatch(/^The new version/);
  });

  test("hold no number with more than six digits behind the first, so that every machine writes the same", () => {
    for (const text of verdicts
      .map(verdictLine)
      .join("\n")
      .match(/(?<=:)-?\d+\.\d+/g) ?? [])
      expect(text.replace(/^-?0?\.?0*|\./g, "").length, text).toBeLessThanOrEqual(6);
  });

  test("end with the word and what it rests on", () => {
    expect(JSON.parse(finalLine(final, { recorded: { verdicts: 3, same: 3 } }))).toMatchObject({
      final: "rollback",
      reason_code: "judge.worse",
      recorded: { same: 3 },
    });
  });
});
