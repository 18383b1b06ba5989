import { type Counters, type Sample, Verdict } from "@sluice/documents";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { advance, conclude, isWorse, observe, start } from "./judge.ts";
import { lnProbability } from "./kernel.ts";
import { type Policy, policyFor } from "./policy.ts";
import type { JudgeState } from "./state.ts";

const steps = [
  { weight: 5, pauseSeconds: 100 },
  { weight: 25, pauseSeconds: 100 },
  { weight: 50, pauseSeconds: 100 },
];
const planned = policyFor({ steps });
/** Without a plan there is one start and no exact test: the bet alone, whose evidence is smooth. */
const bet = policyFor({ tolerance: 1, warmUpSeconds: 0, latencyEdges: [] });

/** What one version did in an interval. */
interface Gain {
  requests: number;
  errors: number;
  /** Requests within 100 ms, and within a second. */
  fast: number;
  medium: number;
}
interface Interval {
  canary: Gain;
  baseline: Gain;
}

const gain = (most: number): fc.Arbitrary<Gain> =>
  fc
    .tuple(fc.nat(most), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(100), fc.nat(100))
    .map(([requests, bad, fast, medium]) => ({
      requests,
      // Failures are mostly rare, as in life, and sometimes anything.
      errors: Math.floor(requests * bad ** 6),
      fast: Math.floor((requests * Math.min(fast, medium)) / 100),
      medium: Math.floor((requests * Math.max(fast, medium)) / 100),
    }));
const interval = (most = 2000): fc.Arbitrary<Interval> =>
  fc.record({ canary: gain(most), baseline: gain(2 * most) });
const rollout = (most = 2000, maxLength = 30): fc.Arbitrary<Interval[]> =>
  fc.array(interval(most), { minLength: 1, maxLength });

const zero: Counters = { requests: 0, errors: 0, latency: { "0.1": 0, "1": 0, "+Inf": 0 } };
const plus = (counters: Counters, { requests, errors, fast, medium }: Gain): Counters => ({
  requests: counters.requests + requests,
  errors: counters.errors + errors,
  latency: {
    "0.1": counters.latency["0.1"]! + fast,
    "1": counters.latency["1"]! + medium,
    "+Inf": counters.latency["+Inf"]! + requests,
  },
});

const weightAt = (t: number) => (t <= 100 ? 5 : t <= 200 ? 25 : 50);

/** Readings every ten seconds of counters that grow by these gains, the first of them all zero. */
function samplesOf(intervals: readonly Interval[]): Sample[] {
  let [canary, baseline] = [zero, zero];
  return [null, ...intervals].map((one, i) => {
    if (one) [canary, baseline] = [plus(canary, one.canary), plus(baseline, one.baseline)];
    return { t: 10 * i, weight: weightAt(10 * i), canary, baseline };
  });
}

const run = (samples: readonly Sample[], policy: Policy): JudgeState =>
  samples.reduce((state, sample) => advance(state, sample, policy), start(policy));

/** The evidence after each reading. */
function evidenceAlong(samples: readonly Sample[], policy: Policy): number[] {
  let state = start(policy);
  return samples.map((sample) => {
    const { state: next, verdict } = observe(state, sample, policy);
    state = next;
    return verdict.evidence.eValue;
  });
}

/** The same rollout with something done to one of its intervals, where that is possible. */
function changed(
  intervals: readonly Interval[],
  which: number,
  change: (one: Interval) => Interval,
): Interval[] {
  return intervals.map((one, i) => (i === which % intervals.length ? change(one) : one));
}
const failures = ({ canary, baseline }: Interval, more: number, less: number): Interval => {
  const canaryErrors = canary.errors + more;
  const baselineErrors = baseline.errors + less;
  const isPossible =
    canaryErrors <= canary.requests && baselineErrors >= 0 && baselineErrors <= baseline.requests;
  return isPossible
    ? { canary: { ...canary, errors: canaryErrors }, baseline: { ...baseline, errors: baselineErrors } }
    : { canary, baseline };
};

/** Evidence is written with six digits. */
const digits = 2e-6;

describe("the evidence is monotone", () => {
  test("a failure moved from the baseline to the canary never makes it weaker, and never takes a rollback back", () => {
    fc.assert(
      fc.property(rollout(), fc.nat(29), (intervals, which) => {
        const worse = changed(intervals, which, (one) => failures(one, 1, -1));
        const [before, after] = [run(samplesOf(intervals), planned), run(samplesOf(worse), planned)];
        expect(after.lnLargest).toBeGreaterThanOrEqual(before.lnLargest - 1e-9);
        if (isWorse(before, planned)) expect(isWorse(after, planned)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("a further failure of the canary never makes it weaker, one of the baseline never stronger", () => {
    fc.assert(
      fc.property(rollout(), fc.nat(29), (intervals, which) => {
        const along = (more: number, less: number) =>
          evidenceAlong(samplesOf(changed(intervals, which, (one) => failures(one, more, less))), bet).at(
            -1,
          )!;
        const before = along(0, 0);
        expect(along(1, 0)).toBeGreaterThanOrEqual(before * (1 - digits));
        expect(along(0, 1)).toBeLessThanOrEqual(before * (1 + digits));
      }),
      { numRuns: 150 },
    );
  });
});

describe("the evidence is symmetric", () => {
  test("the likelihood of a ratio is that of its inverse with the versions swapped", () => {
    fc.assert(
      fc.property(
        interval(),
        fc.double({ min: -4, max: 4, noNaN: true }),
        ({ canary, baseline }, lnRatio) => {
          const of = (a: Gain, b: Gain) => ({
            canaryRequests: a.requests,
            baselineRequests: b.requests,
            canaryEvents: a.errors,
            baselineEvents: b.errors,
          });
          const one = lnProbability(of(canary, baseline), Math.exp(lnRatio));
          const other = lnProbability(of(baseline, canary), Math.exp(-lnRatio));
          expect(Math.abs(one - other)).toBeLessThan(1e-7 * (1 + Math.abs(one)));
        },
      ),
    );
  });

  test("of two versions not both are worse than the other, and the estimated ratio of one is the inverse of the other's", () => {
    fc.assert(
      fc.property(rollout(), (intervals) => {
        const swapped = intervals.map(({ canary, baseline }) => ({ canary: baseline, baseline: canary }));
        const end = (some: readonly Interval[]) => conclude(run(samplesOf(some), bet), bet).evidence;
        const [one, other] = [end(intervals), end(swapped)];
        expect(Math.min(one.eValue, other.eValue)).toBeLessThanOrEqual(1 + digits);
        const [estimate, inverse] = [one.metrics[0]!.ratio!.estimate, other.metrics[0]!.ratio!.estimate];
        if (estimate && inverse) expect(Math.abs(estimate * inverse - 1)).toBeLessThan(1e-4);
      }),
      { numRuns: 100 },
    );
  });
});

describe("nothing but the counts of an interval matters", () => {
  interface Request {
    isCanary: boolean;
    isFailed: boolean;
    isFast: boolean;
  }
  const count = (requests: readonly Request[], isCanary: boolean): Gain => {
    const own = requests.filter((request) => request.isCanary === isCanary);
    const fast = own.filter(({ isFast }) => isFast).length;
    const errors = own.filter(({ isFailed }) => isFailed).length;
    return { requests: own.length, errors, fast, medium: fast };
  };
  const countBoth = (requests: readonly Request[]): Interval => ({
    canary: count(requests, true),
    baseline: count(requests, false),
  });

  test("the order of the requests within it does not", () => {
    const requests = fc.array(
      fc.record({ isCanary: fc.boolean(), isFailed: fc.boolean(), isFast: fc.boolean() }),
      { minLength: 1, maxLength: 60 },
    );
    const shuffled = requests.chain((order) =>
      fc.tuple(fc.constant(order), fc.shuffledSubarray(order, { minLength: order.length })),
    );
    fc.assert(
      fc.property(fc.array(shuffled, { minLength: 1, maxLength: 12 }), (pairs) => {
        const one = samplesOf(pairs.map(([order]) => countBoth(order)));
        const other = samplesOf(pairs.map(([, order]) => countBoth(order)));
        expect(run(other, planned)).toEqual(run(one, planned));
      }),
      { numRuns: 60 },
    );
  });

  test("the order in which the edges of a histogram are written does not", () => {
    fc.assert(
      fc.property(rollout(), (intervals) => {
        const samples = samplesOf(intervals);
        const turned = samples.map((sample): Sample => {
          const turn = (counters: Counters | null): Counters | null =>
            counters && {
              ...counters,
              latency: Object.fromEntries(Object.entries(counters.latency).reverse()),
            };
          return { ...sample, canary: turn(sample.canary), baseline: turn(sample.baseline) };
        });
        expect(evidenceAlong(turned, planned)).toEqual(evidenceAlong(samples, planned));
      }),
      { numRuns: 60 },
    );
  });

  test("the weight that was configured does not, as long as it rises with the steps", () => {
    fc.assert(
      fc.property(rollout(), fc.double({ min: 0.1, max: 1.9, noNaN: true }), (intervals, factor) => {
        const samples = samplesOf(intervals);
        const misled = samples.map((sample) => ({ ...sample, weight: sample.weight * factor }));
        const unplanned = { ...bet, starts: 3 };
        expect(evidenceAlong(misled, unplanned)).toEqual(evidenceAlong(samples, unplanned));
      }),
      { numRuns: 60 },
    );
  });
});

describe("numbers stay numbers", () => {
  const finite = (verdict: Verdict) => {
    const check = (value: unknown): void => {
      if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
      else if (value !== null && typeof value === "object") Object.values(value).forEach(check);
    };
    check(verdict);
    expect(() => Verdict.parse(verdict)).not.toThrow();
  };
  const judgeAll = (samples: readonly Sample[]) => {
    for (const policy of [planned, bet]) {
      let state = start(policy);
      for (const sample of samples) {
        const { state: next, verdict } = observe(state, sample, policy);
        state = next;
        finite(verdict);
        expect(verdict.evidence.p).toBeGreaterThanOrEqual(0);
        expect(verdict.evidence.p).toBeLessThanOrEqual(1);
      }
    }
  };

  test("with a thousand million requests an interval", () => {
    fc.assert(
      fc.property(rollout(1e9, 4), (intervals) => judgeAll(samplesOf(intervals))),
      { numRuns: 25 },
    );
  });

  test("where everything fails, or nothing does, or nobody asks", () => {
    const gains = fc.constantFrom(
      ...[0, 1, 1000, 1e9].flatMap((requests) =>
        [0, 1, requests].map((errors) => ({
          requests,
          errors: Math.min(errors, requests),
          fast: 0,
          medium: 0,
        })),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ canary: gains, baseline: gains }), { minLength: 1, maxLength: 8 }),
        (intervals) => judgeAll(samplesOf(intervals)),
      ),
      { numRuns: 60 },
    );
  });

  test("where versions are missing from some readings", () => {
    const gaps = fc.array(fc.record({ canary: fc.boolean(), baseline: fc.boolean() }), {
      minLength: 31,
      maxLength: 31,
    });
    fc.assert(
      fc.property(rollout(), gaps, (intervals, present) => {
        const samples = samplesOf(intervals).map((sample, i) => ({
          ...sample,
          canary: present[i]!.canary ? sample.canary : null,
          baseline: present[i]!.baseline ? sample.baseline : null,
        }));
        judgeAll(samples);
      }),
      { numRuns: 60 },
    );
  });
});

describe("counters that begin anew", () => {
  test("lose nothing that was counted since, and are never a negative number of requests", () => {
    fc.assert(
      fc.property(
        fc.array(interval(), { minLength: 4, maxLength: 20 }),
        fc.nat(19),
        fc.boolean(),
        (intervals, which, isCanary) => {
          // A restart can only be seen where fewer requests came after it than before.
          const at = 1 + (which % (intervals.length - 1));
          const arm = isCanary ? "canary" : "baseline";
          const straight = samplesOf(intervals);
          const before = straight[at]![arm]!;
          fc.pre(intervals[at]![arm].requests < before.requests);
          const restarted = straight.map((sample, i) => {
            if (i <= at) return sample;
            const counters = sample[arm]!;
            const latency = Object.fromEntries(
              Object.entries(counters.latency).map(([edge, total]) => [edge, total - before.latency[edge]!]),
            );
            const since = {
              requests: counters.requests - before.requests,
              errors: counters.errors - before.errors,
              latency,
            };
            return { ...sample, [arm]: since };
          });
          // The edges are given, as they would be chosen from what a version counted since it was started.
          const policy = policyFor({ steps, latencyEdges: ["0.1", "1"] });
          expect(evidenceAlong(restarted, policy)).toEqual(evidenceAlong(straight, policy));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a judge that is asked again", () => {
  test("says the same, byte for byte, also when its state was stored in between", () => {
    fc.assert(
      fc.property(rollout(), fc.nat(30), (intervals, which) => {
        const samples = samplesOf(intervals);
        const replay = (storeAt: number | null) => {
          let state = start(planned);
          return samples
            .map((sample, i) => {
              if (i === storeAt) state = JSON.parse(JSON.stringify(state)) as JudgeState;
              const { state: next, verdict } = observe(state, sample, planned);
              state = next;
              return JSON.stringify(verdict);
            })
            .join("\n");
        };
        const first = replay(null);
        expect(replay(null)).toBe(first);
        expect(replay(which % samples.length)).toBe(first);
      }),
      { numRuns: 60 },
    );
  });

  test("changes nothing for a reading that it has had", () => {
    fc.assert(
      fc.property(rollout(), fc.nat(30), (intervals, which) => {
        const samples = samplesOf(intervals);
        const state = run(samples, planned);
        const old = samples[which % samples.length]!;
        expect(advance(state, old, planned)).toEqual(state);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a release that is exactly as bad as tolerated", () => {
  test("gains no evidence on average, over two intervals, with the exact test and every guard of the bet", () => {
    const small = fc.record({
      canary: fc.integer({ min: 1, max: 40 }),
      baseline: fc.integer({ min: 1, max: 40 }),
      events: fc.integer({ min: 0, max: 8 }),
    });
    fc.assert(
      fc.property(
        small,
        small,
        fc.constantFrom(0, 60),
        fc.constantFrom(1, 0.4),
        (one, other, warmUp, tempering) => {
          const policy = policyFor({ steps, warmUpSeconds: warmUp, tempering, latencyEdges: [] });
          const outcomes = ({ canary, baseline, events }: typeof one) => {
            const total = Math.min(events, canary + baseline);
            const from = Math.max(0, total - baseline);
            return Array.from({ length: Math.min(total, canary) - from + 1 }, (_, i) => {
              const x = from + i;
              const interval = {
                canaryRequests: canary,
                baselineRequests: baseline,
                canaryEvents: x,
                baselineEvents: total - x,
              };
              return {
                chance: Math.exp(lnProbability(interval, policy.tolerance)),
                gain: {
                  canary: { requests: canary, errors: x, fast: 0, medium: 0 },
                  baseline: { requests: baseline, errors: total - x, fast: 0, medium: 0 },
                },
              };
            });
          };
          let expected = 0;
          for (const first of outcomes(one))
            for (const second of outcomes(other)) {
              const state = run(samplesOf([first.gain, second.gain]), policy);
              const { evidence } = conclude(state, policy);
              expected += first.chance * second.chance * evidence.eValue;
            }
          expect(expected).toBeLessThanOrEqual(1 + 1e-5);
        },
      ),
      { numRuns: 60 },
    );
  });
});
