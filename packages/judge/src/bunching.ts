import { add, empty, leastVariance, moments } from "./dispersion.ts";
import type { Interval } from "./kernel.ts";

/** As many blocks as the assumption counts for: few, as a machine that stalls has to be noticed within minutes. */
const priorWeight = 4;

/**
 * How much the split of events jumps from interval to interval in this very rollout: requests that wait behind the
 * same pause of an overloaded machine are slow together, and history may not have seen that. Pearson's statistic as in
 * `dispersionOf`, around the ratio that was found before each block. A lasting difference of the versions is part of
 * that ratio, so it does not count; what changes to and fro does.
 */
export interface BunchingState {
  /** Intervals that do not make a block yet. */
  open: Interval;
  /** Mantel-Haenszel ratio of the blocks so far: canary and baseline side. */
  canarySide: number;
  baselineSide: number;
  statistic: number;
  blocks: number;
}

export const startBunching = (): BunchingState => ({
  open: empty,
  canarySide: 0,
  baselineSide: 0,
  statistic: 0,
  blocks: 0,
});

export function addToBunching(state: BunchingState, interval: Interval): BunchingState {
  const open = add(state.open, interval);
  if (moments(open, 1).variance < leastVariance) return { ...state, open };
  const { canarySide, baselineSide } = state;
  const requests = open.canaryRequests + open.baselineRequests;
  const sides = {
    canarySide: canarySide + (open.canaryEvents * open.baselineRequests) / requests,
    baselineSide: baselineSide + (open.baselineEvents * open.canaryRequests) / requests,
  };
  const next = { ...state, ...sides, open: empty };
  // Without a ratio from before there is nothing that the block could be far from.
  if (canarySide === 0 || baselineSide === 0) return next;
  const { mean, variance } = moments(open, canarySide / baselineSide);
  if (variance === 0) return next;
  const surprise = (open.canaryEvents - mean) ** 2 / variance;
  return { ...next, statistic: state.statistic + surprise, blocks: state.blocks + 1 };
}

/**
 * Exponent on the evidence of the next interval: one over the dispersion by now, but never above what was assumed.
 * It depends on earlier intervals only, so the bet still wins nothing on average (Jensen, interval by interval).
 *
 * @param assumed exponent without any data, at most 1
 */
export function temperedBy({ statistic, blocks }: BunchingState, assumed: number): number {
  const dispersion = (priorWeight / assumed + statistic) / (priorWeight + blocks);
  return Math.min(assumed, 1 / dispersion);
}
