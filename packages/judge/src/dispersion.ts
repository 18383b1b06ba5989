import type { Interval } from "./kernel.ts";

/** What an observation shows of one kind of event. */
export type BlockOf<T> = (observation: T) => Interval;

/** Variance that a block has at least: in smaller ones the statistic jumps with every single event. */
export const leastVariance = 1;

/** The ratio between versions that are alike may be this far from 1; what is further counts as dispersion. */
const widest = 1.25;

/** As many degrees of freedom as the assumption counts for. */
const priorWeight = 20;

/**
 * Neighbouring observations of the same step, added up until the number of events on the canary has a variance of
 * at least 1. The remainder of a step that does not reach it joins its last block, or is left out where there is none.
 */
export function blocksOf<T>(
  observations: readonly T[],
  blockOf: BlockOf<T>,
  stepOf: (observation: T) => number,
): Interval[] {
  const blocks: Interval[] = [];
  let open: { step: number; block: Interval; first: number } | null = null;
  const close = (): void => {
    if (open && blocks.length > open.first) blocks.push(add(blocks.pop()!, open.block));
    open = null;
  };
  for (const observation of observations) {
    const step = stepOf(observation);
    const now = blockOf(observation);
    if (open && open.step !== step) close();
    const first: number = open?.first ?? blocks.length;
    const block: Interval = open ? add(open.block, now) : now;
    if (moments(block, 1).variance >= leastVariance) {
      blocks.push(block);
      open = { step, block: empty, first };
    } else open = { step, block, first };
  }
  close();
  return blocks;
}

export const empty: Interval = { canaryRequests: 0, baselineRequests: 0, canaryEvents: 0, baselineEvents: 0 };

export const add = (a: Interval, b: Interval): Interval => ({
  canaryRequests: a.canaryRequests + b.canaryRequests,
  baselineRequests: a.baselineRequests + b.baselineRequests,
  canaryEvents: a.canaryEvents + b.canaryEvents,
  baselineEvents: a.baselineEvents + b.baselineEvents,
});

/**
 * Overdispersion of the split of events between versions that are alike: how many times as much the canary's number
 * of events varies as it would if every request failed on its own. Pearson's statistic over its degrees of freedom
 * (McCullagh & Nelder, Generalized Linear Models, 1989, section 4.5):
 *
 *     phi = sum (x - mu)^2 / v  /  sum (m - 1)
 *
 * over the m blocks of each rollout: x of the events were the canary's, and mu and v are mean and variance of their
 * number at psi, the odds ratio of that rollout (Mantel & Haenszel 1959, at most a quarter from 1), because versions
 * that are alike still differ a little and that is no dispersion.
 *
 * What chance alone explains (two standard deviations of the chi-squared distribution) is no dispersion and counts
 * as 1. Few blocks say little, so the assumption counts as 20 degrees of freedom; and evidence is never made larger,
 * so the answer is at least 1.
 *
 * @param prior what is assumed without data
 */
export function dispersionOf(rollouts: readonly (readonly Interval[])[], prior: number): number {
  let statistic = 0;
  let freedom = 0;
  for (const blocks of rollouts) {
    if (blocks.length < 2) continue;
    const ratio = oddsRatio(blocks);
    for (const block of blocks) {
      const { mean, variance } = moments(block, ratio);
      if (variance > 0) statistic += (block.canaryEvents - mean) ** 2 / variance;
    }
    freedom += blocks.length - 1;
  }
  const measured = statistic > freedom + 2 * Math.sqrt(2 * freedom) ? statistic : freedom;
  return Math.max(1, (priorWeight * prior + measured) / (priorWeight + freedom));
}

function oddsRatio(blocks: readonly Interval[]): number {
  let canary = 0;
  let baseline = 0;
  for (const { canaryRequests, baselineRequests, canaryEvents, baselineEvents } of blocks) {
    const requests = canaryRequests + baselineRequests;
    canary += (canaryEvents * (baselineRequests - baselineEvents)) / requests;
    baseline += (baselineEvents * (canaryRequests - canaryEvents)) / requests;
  }
  if (canary === 0 && baseline === 0) return 1;
  return Math.min(widest, Math.max(1 / widest, canary / baseline));
}

/**
 * Mean and variance of the canary's events when the odds of an event are `ratio` times those of the baseline: of the
 * noncentral hypergeometric distribution, as good as exact (Cornfield 1956): the mean x is the number at which the
 * odds ratio of the table is `ratio`, x (b - e + x) = ratio (c - x) (e - x) with e events in c and b requests, and the
 * variance is one over the sum of one over its four cells, times N / (N - 1). Exact for a ratio of 1.
 */
export function moments(block: Interval, ratio: number): { mean: number; variance: number } {
  const events = block.canaryEvents + block.baselineEvents;
  const requests = block.canaryRequests + block.baselineRequests;
  if (requests < 2 || events === 0) return { mean: 0, variance: 0 };
  const { canaryRequests: own } = block;
  const linear = (ratio - 1) * (own + events) + requests;
  const product = ratio * own * events;
  const mean = (2 * product) / (linear + Math.sqrt(Math.max(0, linear ** 2 - 4 * (ratio - 1) * product)));
  const cells = [mean, own - mean, events - mean, requests - own - events + mean];
  if (cells.some((cell) => cell <= 0)) return { mean, variance: 0 };
  return { mean, variance: requests / (requests - 1) / cells.reduce((sum, cell) => sum + 1 / cell, 0) };
}
