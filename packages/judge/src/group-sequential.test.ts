import { describe, expect, test } from "vitest";
import { addToTest, look, type Spending, startGroupSequential } from "./group-sequential.ts";
import { distributionOf, type Interval, lnFactorial } from "./kernel.ts";
import { follow, horizonOf, planSeconds, type ScheduleState, startSchedule } from "./schedule.ts";

const choose = (n: number, k: number) => Math.exp(lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k));
const interval = (canaryEvents: number, events: number, canary = 5, baseline = 15): Interval => ({
  canaryRequests: canary,
  baselineRequests: baseline,
  canaryEvents,
  baselineEvents: events - canaryEvents,
});
const even: Spending = { share: 1, power: 1, lookSeconds: 10 };

describe("the distribution of the canary's events", () => {
  test("at equal odds is the hypergeometric one", () => {
    const { from, mass } = distributionOf(interval(0, 3), 1, 100)!;
    expect(from).toBe(0);
    // C(5,k) C(15,3-k) / C(20,3), of 1140
    for (const [k, expected] of [455, 525, 150, 10].entries())
      expect(mass[k]).toBeCloseTo(expected / 1140, 12);
  });

  test("at other odds is the noncentral one", () => {
    const { mass } = distributionOf(interval(0, 3), 2, 100)!;
    const weights = [455, 525 * 2, 150 * 4, 10 * 8];
    const total = weights.reduce((a, b) => a + b);
    for (const [k, weight] of weights.entries()) expect(mass[k]).toBeCloseTo(weight / total, 12);
  });

  test("begins where it can: more events than the baseline has requests", () => {
    expect(distributionOf(interval(3, 17), 1, 100)!.from).toBe(2);
  });
});

describe("the exact test", () => {
  test("adds intervals up to the distribution of their sum, also where the split changes", () => {
    let state = addToTest(startGroupSequential(), interval(1, 3), 1);
    state = addToTest(state, interval(2, 2, 10, 10), 1);
    // Second interval: C(10,k) C(10,2-k) / C(20,2), of 190: 45, 100, 45
    const first = [455, 525, 150, 10].map((n) => n / 1140);
    const second = [45, 100, 45].map((n) => n / 190);
    const sum = [0, 1, 2, 3, 4, 5].map((n) =>
      second.reduce((total, p, k) => total + p * (first[n - k] ?? 0), 0),
    );
    expect(state.events).toBe(3);
    for (const [n, expected] of sum.entries()) expect(state.unrejected.mass[n]).toBeCloseTo(expected, 12);
  });

  test("rejects from the least number whose chance may be spent, and spends that chance only", () => {
    const state = addToTest(startGroupSequential(), interval(3, 3), 1);
    // P(3) = 10/1140 = 0.0088, P(>= 2) = 0.14
    const early = look(state, even, 0.1, 5, 100);
    expect(early).toMatchObject({ bound: 4, isReached: false, spent: 0 });
    const later = look(state, even, 0.1, 10, 100);
    expect(later).toMatchObject({ bound: 3, isReached: true });
    expect(later.spent).toBeCloseTo(10 / 1140, 12);
    const rest = later.unrejected.mass.reduce((a, b) => a + b);
    expect(rest).toBeCloseTo(1 - 10 / 1140, 12);
  });

  test("what was rejected once is not spent again: over two looks the chance is that of either", () => {
    const third = 10 / 1140;
    let state = look(addToTest(startGroupSequential(), interval(0, 3), 1), even, 0.02, 50, 100);
    expect(state.bound).toBe(3);
    state = look(addToTest(state, interval(0, 3), 1), even, 0.02, 100, 100);
    // Of the sums that did not reach 3 in the first interval: P(5) = P(2) P(3), of which 0.02 - third can be spent
    expect(state.spent).toBeCloseTo(third + (150 / 1140) * third, 9);
    expect(state.bound).toBe(5);
    expect(state.spent).toBeLessThanOrEqual(0.02);
  });

  test("late spending leaves early looks nearly nothing", () => {
    const state = addToTest(startGroupSequential(), interval(3, 3), 1);
    expect(look(state, { ...even, power: 4 }, 0.1, 50, 100).isReached).toBe(false);
    expect(look(state, { ...even, power: 4 }, 0.1, 60, 100).isReached).toBe(true);
  });

  test("with a margin it needs more, as its null is the tolerated ratio", () => {
    const boundAt = (tolerance: number) => {
      let state = startGroupSequential();
      for (let i = 0; i < 20; i++) state = addToTest(state, interval(1, 4, 500, 1500), tolerance);
      return look(state, even, 0.01, 100, 100).bound!;
    };
    expect(boundAt(1)).toBe(30);
    expect(boundAt(1.25)).toBeGreaterThan(boundAt(1));
  });

  test("never rejects more than its alpha where nothing is wrong: summed exactly over every outcome", () => {
    // Three intervals of three events each: every path of the canary's events with its probability.
    const chances = [455, 525, 150, 10].map((n) => n / 1140);
    const paths = (state: ReturnType<typeof startGroupSequential>, depth: number): number => {
      if (state.isReached) return 1;
      if (depth === 3) return 0;
      return chances.reduce((total, chance, x) => {
        const next = look(addToTest(state, interval(x, 3), 1), even, 0.05, depth + 1, 3);
        return total + chance * paths(next, depth + 1);
      }, 0);
    };
    const rejected = paths(startGroupSequential(), 0);
    expect(rejected).toBeLessThanOrEqual(0.05);
    expect(rejected).toBeGreaterThan(0.01);
  });

  test("the bound of a binomial with many small intervals is that of the binomial", () => {
    let state = startGroupSequential();
    for (let i = 0; i < 40; i++) state = addToTest(state, interval(0, 1, 50_000, 950_000), 1);
    const at = (k: number) => choose(40, k) * 0.05 ** k * 0.95 ** (40 - k);
    let tail = 0;
    let bound = 41;
    while (tail + at(bound - 1) <= 0.01) tail += at(--bound);
    expect(look(state, even, 0.01, 1, 1).bound).toBe(bound);
  });

  test("an outage of both versions ends it, whoever had the failures; more of what was there before does not", () => {
    let state = startGroupSequential();
    for (let i = 0; i < 10; i++) state = addToTest(state, interval(1, 2, 250, 750), 1);
    for (const x of [0, 50, 200]) {
      const outage = addToTest(state, interval(x, 200, 250, 750), 1);
      expect(outage).toMatchObject({ isOutage: true, events: 10 });
      expect(look(outage, even, 0.5, 1, 1).isReached).toBe(false);
      expect(addToTest(outage, interval(2, 2, 250, 750), 1)).toBe(outage);
    }
    expect(addToTest(state, interval(15, 19, 250, 750), 1)).toMatchObject({ isOutage: false, events: 25 });
  });

  test("an interval with millions of errors is left out, whoever had them", () => {
    const state = addToTest(startGroupSequential(), interval(1, 3), 1);
    for (const x of [0, 5e6]) {
      const huge = { canaryRequests: 5e8, baselineRequests: 5e8, canaryEvents: x, baselineEvents: 1e7 - x };
      expect(addToTest(state, huge, 1)).toMatchObject({ events: 1, unrejected: state.unrejected });
    }
  });
});

describe("the plan of a rollout", () => {
  const plan = [
    { weight: 5, pauseSeconds: 600 },
    { weight: 25, pauseSeconds: 600 },
    { weight: 50, pauseSeconds: 900 },
  ];
  /** Weight and seconds that it lasted, one after the other. */
  const walk = (...steps: [weight: number, lasted: number][]): ScheduleState => {
    let state = startSchedule();
    let before = 0;
    for (const [weight, lasted] of steps) {
      state = follow(state, plan, weight, before);
      state = follow(state, plan, weight, lasted);
      before = lasted;
    }
    return state;
  };

  test("counts the planned seconds of each step, and none beyond them", () => {
    expect(horizonOf(plan)).toBe(2100);
    expect(planSeconds(walk([5, 300]), plan, 300)).toBe(300);
    expect(planSeconds(walk([5, 600], [25, 10]), plan, 10)).toBe(610);
    expect(planSeconds(walk([5, 610]), plan, 610)).toBeNull();
    expect(planSeconds(startSchedule(), plan, 0)).toBeNull();
    expect(planSeconds(walk([5, 600], [25, 600], [50, 900], [100, 10]), plan, 10)).toBeNull();
  });

  test.each([
    [
      "as planned",
      [
        [5, 620],
        [25, 600],
        [50, 900],
        [100, 60],
      ],
      null,
    ],
    [
      "replicas that took two minutes to start",
      [
        [5, 720],
        [25, 10],
      ],
      null,
    ],
    ["a step that is held", [[5, 900]], "step-held"],
    [
      "a step that was held and went on",
      [
        [5, 900],
        [25, 10],
      ],
      "step-held",
    ],
    [
      "a step that somebody cut short",
      [
        [5, 200],
        [25, 10],
      ],
      "step-shortened",
    ],
    [
      "a weight that nobody planned",
      [
        [5, 600],
        [40, 10],
      ],
      "unplanned-weight",
    ],
    ["a rollout that begins somewhere else", [[25, 10]], "unplanned-weight"],
    [
      "all of the traffic at once",
      [
        [5, 600],
        [100, 10],
      ],
      "unplanned-weight",
    ],
  ] as const)("%s", (_, steps, left) => {
    expect(walk(...steps.map(([weight, lasted]) => [weight, lasted] as [number, number])).left).toBe(left);
  });
});
