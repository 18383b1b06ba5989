/** Draws the traffic of one rollout. */

import type { Random } from "./random.ts";
import { normalCdf } from "./reference/gamma.ts";
import { binomial, gammaAroundOne, poisson } from "./sampling.ts";
import {
  edges,
  type LatencyShift,
  minutes,
  plan,
  type Scenario,
  tickSeconds,
  ticks,
  ticksPerMinute,
} from "./scenario.ts";

/** What one version did in each interval: not cumulative. */
export interface Arm {
  requests: Float64Array;
  errors: Float64Array;
  /** Requests above each edge of the histogram, one array per edge; empty without latencies. */
  slower: Float64Array[];
  /** What its counters showed when the rollout began; absent: zero. */
  before?: { requests: number; errors: number; slower: number[] };
}

export interface Traffic {
  canary: Arm;
  baseline: Arm;
}

/** The same run in intervals of ten seconds and of a minute. */
export interface Run {
  ticks: Traffic;
  minutes: Traffic;
}

export function simulate(scenario: Scenario, random: Random): Run {
  const above = scenario.latency ? slowShares(null) : [];
  const canary = emptyArm(scenario);
  const baseline = { ...emptyArm(scenario), before: lastHour(scenario, above) };
  const aboveCanary = scenario.latency ? slowShares(scenario.latency.shift) : [];
  let drift = { canary: 1, baseline: 1 };
  for (let i = 0; i < ticks; i++) {
    if (i % ticksPerMinute === 0 && scenario.dispersion?.kind === "gamma") {
      const { size } = scenario.dispersion;
      drift = { canary: gammaAroundOne(random, size), baseline: gammaAroundOne(random, size) };
    }
    const share = Math.min(1, (plan[i]!.weight / 100) * (scenario.split ?? 1));
    const requests = scenario.requestsPerSecond * tickSeconds;
    draw(
      canary,
      i,
      poisson(random, requests * share),
      ratioOfCanary(scenario, i) * drift.canary,
      aboveCanary,
    );
    draw(
      baseline,
      i,
      poisson(random, requests * (1 - share)),
      ratioOfBaseline(scenario, i) * drift.baseline,
      above,
    );
  }
  const perTick = { canary, baseline };
  return { ticks: perTick, minutes: inMinutes(perTick) };

  function draw(arm: Arm, i: number, requests: number, ratio: number, slow: readonly number[]): void {
    const cluster = scenario.dispersion?.kind === "cluster" ? scenario.dispersion.size : 1;
    const incidents = binomial(random, requests, Math.min(1, ratio) / cluster);
    arm.requests[i] = requests;
    arm.errors[i] = Math.min(requests, incidents * cluster);
    let left = requests;
    let atLeast = 1;
    for (let edge = 0; edge < slow.length; edge++) {
      left = binomial(random, left, slow[edge]! / atLeast);
      atLeast = slow[edge]!;
      arm.slower[edge]![i] = left;
    }
  }
}

const emptyArm = (scenario: Scenario): Arm => ({
  requests: new Float64Array(ticks),
  errors: new Float64Array(ticks),
  slower: scenario.latency ? edges.map(() => new Float64Array(ticks)) : [],
});

/** The old version has served for an hour when the new one starts, as often and as well as expected. */
function lastHour({ requestsPerSecond, errorRatio }: Scenario, above: readonly number[]): Arm["before"] {
  const requests = 3600 * requestsPerSecond;
  return {
    requests,
    errors: Math.round(requests * errorRatio),
    slower: above.map((share) => Math.round(requests * share)),
  };
}

function ratioOfBaseline({ errorRatio, outage }: Scenario, tick: number): number {
  const minute = tick / ticksPerMinute;
  const isOut = outage && minute >= outage.fromMinute && minute < outage.fromMinute + outage.minutes;
  return isOut ? outage.ratio : errorRatio;
}

function ratioOfCanary(scenario: Scenario, tick: number): number {
  const common = ratioOfBaseline(scenario, tick) * (scenario.lift ?? 1);
  const pod = scenario.dispersion?.kind === "pod" ? scenario.dispersion.size : 1;
  if (!scenario.isColdStart) return common * pod;
  const { since } = plan[tick]!;
  // The middle of the interval stands for all of it.
  const warmth = Math.exp(-((tick - since + 0.5) * tickSeconds) / 60);
  return common * pod * (1 + (since === 0 ? 4 : 1) * warmth);
}

const median = 120;
const sigma = 0.5;
const shareAbove = (milliseconds: number) => normalCdf(-Math.log(milliseconds / median) / sigma);
/** 98th percentile in milliseconds. */
const p98 = median * Math.exp(sigma * 2.0537489106318225);

/** Share of the requests above each edge. */
export function slowShares(shift: LatencyShift | null): number[] {
  return edges.map((edge) => {
    const milliseconds = Number(edge) * 1000;
    const factor = shift?.factor ?? 1;
    if (shift?.kind !== "tail") return shareAbove(milliseconds / factor);
    return milliseconds < p98 ? shareAbove(milliseconds) : shareAbove(Math.max(p98, milliseconds / factor));
  });
}

function inMinutes(traffic: Traffic): Traffic {
  const add = (values: Float64Array) => {
    const sums = new Float64Array(minutes);
    for (let i = 0; i < values.length; i++) sums[Math.floor(i / ticksPerMinute)]! += values[i]!;
    return sums;
  };
  const arm = ({ requests, errors, slower }: Arm): Arm => ({
    requests: add(requests),
    errors: add(errors),
    slower: slower.map(add),
  });
  return { canary: arm(traffic.canary), baseline: arm(traffic.baseline) };
}
