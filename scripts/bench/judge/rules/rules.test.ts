import { describe, expect, test } from "vitest";
import { kayentaIssues } from "../goldens.ts";
import type { Arm, Run, Traffic } from "../traffic.ts";
import { argo } from "./argo.ts";
import { fisher, fisherP } from "./fisher.ts";
import { flagger } from "./flagger.ts";
import { classify, endOfSteps, errorRatio, everyMinute, kayenta, statistic } from "./kayenta.ts";
import { latencyThresholds, p99 } from "./latency.ts";
import { thresholds } from "./thresholds.ts";

/** A rollout of which the failed requests of each minute are given, out of 1000 of either version. */
function run(canaryErrors: number[], baselineErrors: number[] = canaryErrors.map(() => 0)): Run {
  const arm = (errors: number[]): Arm => ({
    requests: Float64Array.from(errors, () => 1000),
    errors: Float64Array.from(errors),
    slower: [],
  });
  const minutes: Traffic = { canary: arm(canaryErrors), baseline: arm(baselineErrors) };
  return { minutes, ticks: minutes };
}
const repeat = (value: number, times: number) => new Array<number>(times).fill(value);

describe("Argo Rollouts", () => {
  test("fails with the fourth failed measurement, whether or not others passed between", () => {
    expect(argo.decide(run(repeat(51, 10)))).toBe(4);
    expect(argo.decide(run([51, 0, 51, 0, 51, 0, 0, 51, 0]))).toBe(8);
    expect(argo.decide(run([51, 51, 51, 0, 0, 0]))).toBeNull();
    expect(argo.decide(run(repeat(50, 35)))).toBeNull();
  });
});

describe("Flagger", () => {
  test("rolls back at the check after the fifth failure, counted over the whole release", () => {
    expect(flagger.decide(run(repeat(11, 10)))).toBe(6);
    expect(flagger.decide(run([11, 0, 11, 0, 11, 0, 11, 0, 11, 0, 0]))).toBe(10);
    expect(flagger.decide(run([11, 11, 11, 11, 0]))).toBeNull();
    expect(flagger.decide(run(repeat(11, 5)))).toBeNull();
    expect(flagger.decide(run(repeat(10, 35)))).toBeNull();
  });
});

describe("thresholds of the documents", () => {
  const [inAll, inARow, once, fiveInAll, fiveInARow] = thresholds.map(
    (rule) => (canary: number[], baseline?: number[]) => rule.decide(run(canary, baseline)),
  );
  test("0.1 % five times", () => {
    expect(inAll!([2, 0, 2, 0, 2, 0, 2, 0, 2])).toBe(9);
    expect(inARow!([2, 0, 2, 2, 2, 2, 2])).toBe(7);
    expect(inARow!([2, 2, 2, 2, 0, 2, 2, 2, 2])).toBeNull();
    expect(inAll!(repeat(1, 35))).toBeNull();
  });
  test("half as many errors again as the baseline", () => {
    expect(once!([3, 4], [2, 2])).toBe(2);
    expect(once!([1], [0])).toBe(1);
    expect(once!([0, 0], [0, 0])).toBeNull();
    expect(fiveInAll!(repeat(16, 6), repeat(10, 6))).toBe(5);
    expect(fiveInARow!([16, 16, 16, 16, 15, 16, 16, 16, 16, 16], repeat(10, 10))).toBe(10);
  });
});

describe("Kayenta", () => {
  test.each(kayentaIssues)("says what its issue reports: $issue", ({ canary, baseline, says }) => {
    expect(classify(canary, baseline)).toBe(says);
  });

  test("cannot call four values of each version High, as the statistic stays below its quantile", () => {
    expect(statistic([5, 6, 7, 8], [1, 2, 3, 4], 0, true)).toBeCloseTo(2.165, 3);
    expect(classify([5, 6, 7, 8], [1, 2, 3, 4])).toBe("Pass");
    expect(classify([16, 17, 18, 19, 20], [1, 2, 3, 4, 5])).toBe("High");
  });

  test("has the statistic of the test of Mann and Whitney with ties", () => {
    // Ranks of 1 2 2 3 and 2 4 4 5: ties of three and two; worked out by hand.
    const u = 0 + 0.5 + 0.5 + 1;
    const variance = ((4 * 4) / 12) * (9 - (24 + 6) / (8 * 7));
    expect(statistic([1, 2, 2, 3], [2, 4, 4, 5], 0, false)).toBeCloseTo((u - 8) / Math.sqrt(variance), 12);
    expect(statistic([2, 4, 4, 5], [1, 2, 2, 3], 0, false)).toBeCloseTo((8 - u) / Math.sqrt(variance), 12);
  });

  test("tolerates a shift whose lower end is within a quarter of the estimate, and knows both directions", () => {
    const baseline = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19];
    expect(classify(baseline.map((value) => value + 30).reverse(), baseline)).toBe("High");
    expect(classify(baseline, baseline.map((value) => value + 30).reverse())).toBe("Low");
    expect(classify([...baseline].reverse(), baseline)).toBe("Pass");
    expect(classify(baseline, baseline)).toBe("Pass");
  });

  test("is asked from minute 5 on, or at the end of each step; minutes without requests are left out", () => {
    const series = [20, 21, 19, 22, 18, 23, 17, 24, 16, 25, 20, 21];
    const decide = (looks: (minute: number) => boolean) =>
      kayenta("", errorRatio, looks).decide(
        run(
          series,
          series.map((value) => value / 10),
        ),
      );
    expect(decide(everyMinute)).toBe(5);
    expect(decide(endOfSteps)).toBe(10);
    const idle = run(
      series,
      series.map((value) => value / 10),
    );
    idle.minutes.canary.requests.fill(0);
    expect(kayenta("", errorRatio, everyMinute).decide(idle)).toBeNull();
  });
});

describe("Fisher's test", () => {
  test("has the exact p of his tea: 3 of 4 cups, and all 4", () => {
    expect(fisherP(3, 4, 4, 4)).toBeCloseTo(17 / 70, 12);
    expect(fisherP(4, 4, 4, 4)).toBeCloseTo(1 / 70, 12);
    expect(fisherP(2, 4, 4, 4)).toBe(1);
  });
  test("is repeated every minute on all counts so far, at its level", () => {
    const [naive, divided] = fisher;
    expect(naive!.decide(run([3, 5], [0, 0]))).toBe(2); // 8 of 8: 0.4 %
    expect(divided!.decide(run([3, 5, 5], [0, 0, 0]))).toBe(3); // 13 of 13: 0.01 %
    expect(naive!.decide(run(repeat(3, 35), repeat(3, 35)))).toBeNull();
  });
});

describe("thresholds on latency", () => {
  const arm = (above: number[]): Arm => ({
    requests: Float64Array.of(1000),
    errors: new Float64Array(1),
    slower: above.map((count) => Float64Array.of(count)),
  });
  test("read the 99th percentile from the histogram, as Prometheus does", () => {
    // 990 of 1000 requests are within: 980 below 250 ms, and half of the 20 between 250 and 500 ms.
    expect(p99(arm([1000, 900, 500, 20, 0, 0, 0, 0]), 0)).toBeCloseTo(375, 6);
    expect(p99({ ...arm([0, 0, 0, 0, 0, 0, 0, 0]), requests: Float64Array.of(0) }, 0)).toBeNull();
  });
  test("count minutes above 500 ms, or above twice the baseline", () => {
    const minutesOf = (above: number[], times: number): Arm => ({
      requests: Float64Array.from(repeat(1000, times)),
      errors: new Float64Array(times),
      slower: above.map((count) => Float64Array.from(repeat(count, times))),
    });
    const traffic: Traffic = {
      canary: minutesOf([1000, 900, 500, 100, 50, 0, 0, 0], 7),
      baseline: minutesOf([1000, 900, 500, 20, 0, 0, 0, 0], 7),
    };
    const [inAll, inARow, twice] = latencyThresholds.map((rule) =>
      rule.decide({ minutes: traffic, ticks: traffic }),
    );
    expect([inAll, inARow, twice]).toEqual([5, 5, 5]);
  });
});
