import type { Counters, Sample } from "@sluice/documents";
import { increase } from "./arms.ts";
import { type BlockOf, blocksOf, dispersionOf, empty } from "./dispersion.ts";
import { chooseEdges } from "./histogram.ts";
import { type Arms, errorsIn, ownIn, slowIn } from "./interval.ts";
import type { EventMetric } from "./policy.ts";
import { type Traffic, trafficOf } from "./traffic.ts";

/** An earlier rollout, as far as one can learn from it. */
export interface PastRollout {
  /** It was promoted, so its versions were alike: what differs between them is noise. */
  isPromoted: boolean;
  readings: readonly PastReading[];
}
export interface PastReading {
  /** Milliseconds since 1970. */
  at: number;
  sample: Sample;
}

/** A number with what it was learned from. */
export interface LearnedValue {
  value: number;
  rollouts: number;
}

/** What earlier rollouts of a service say about its traffic. Null where they say nothing. */
export interface Learned {
  /** Share of failed requests of the trusted version, 0 to 1, in so many requests. */
  errorRatio: (LearnedValue & { requests: number }) | null;
  /** How much more failures vary between the versions than independent requests would, at least 1. */
  errorDispersion: LearnedValue | null;
  /** The same for slow requests. */
  latencyDispersion: LearnedValue | null;
  /** The same for metrics of one's own, by name; without those that it says nothing about. See `ownDispersion`. */
  eventDispersions: Readonly<Record<string, LearnedValue>>;
  traffic: Traffic | null;
}

/** Newest rollouts that are looked at; older ones are another service by now. */
const newest = 20;
/** Seconds after a rise of the weight that are left out, because new processes differ while they are cold. */
const warmUpSeconds = 60;
/** Latencies below this are not compared. */
const latencyFloorMilliseconds = 25;

/**
 * Dispersions that are assumed as long as nothing else is known: of the errors, and of the latency. Metrics of one's
 * own are assumed to vary as the errors do, as what makes requests fail together mostly makes orders fail together.
 */
const priors = { errors: 1, latency: 3 };

/** What both versions did between two readings, in a step whose weight did not change. */
interface Between extends Arms {
  /** Milliseconds since 1970 at its end, and its length. */
  at: number;
  seconds: number;
  /** Ordinal of the step in its rollout. */
  step: number;
  isWarm: boolean;
}

/** What has to be known of a metric of one's own to learn about it. */
export type OwnMetric = Pick<EventMetric, "name"> & Partial<Pick<EventMetric, "worse">>;

/** Learns from earlier rollouts of one service. @param metrics the metrics of its own that are compared now */
export function learn(past: readonly PastRollout[], metrics: readonly OwnMetric[] = []): Learned {
  const histories = past
    .slice(-newest)
    .map(({ isPromoted, readings }) => ({ isPromoted, intervals: intervalsOf(readings) }))
    .filter(({ intervals }) => intervals.length > 0);
  const alike = histories.filter(({ isPromoted }) => isPromoted).map(({ intervals }) => intervals);
  const errorDispersion = learned(alike, errorsIn, priors.errors);
  return {
    errorRatio: errorRatioOf(histories.map(({ intervals }) => intervals)),
    errorDispersion,
    latencyDispersion: latencyDispersion(alike),
    eventDispersions: eventDispersions(alike, metrics, errorDispersion?.value ?? priors.errors),
    traffic: trafficOf(
      histories.flatMap(({ intervals }) =>
        intervals.map(({ at, seconds, canary, baseline }) => ({
          at,
          seconds,
          requests: canary.requests + baseline.requests,
        })),
      ),
      histories.length,
    ),
  };
}

/** What was learned about a metric of one's own; not what every object has by that name, as it may be `constructor`. */
export const ownDispersion = (
  { eventDispersions }: Pick<Learned, "eventDispersions">,
  name: string,
): LearnedValue | null => (Object.hasOwn(eventDispersions, name) ? eventDispersions[name]! : null);

function intervalsOf(readings: readonly PastReading[]): Between[] {
  let before: { at: number; canary: Counters; baseline: Counters; step: number } | null = null;
  let weight = -1;
  let step = -1;
  let since = 0;
  return readings.flatMap(({ at, sample }): Between[] => {
    if (sample.weight !== weight) {
      if (sample.weight > weight) since = sample.t;
      weight = sample.weight;
      step++;
    }
    const { canary, baseline } = sample;
    if (!canary || !baseline) return [];
    const earlier = before;
    before = { at, canary, baseline, step };
    if (!earlier || earlier.step !== step || at <= earlier.at) return [];
    return [
      {
        at,
        seconds: (at - earlier.at) / 1000,
        step,
        isWarm: sample.t - since > warmUpSeconds,
        canary: increase(earlier.canary, canary),
        baseline: increase(earlier.baseline, baseline),
      },
    ];
  });
}

function errorRatioOf(histories: readonly (readonly Between[])[]): Learned["errorRatio"] {
  const all = histories.flat();
  const requests = all.reduce((sum, { baseline }) => sum + baseline.requests, 0);
  const errors = all.reduce((sum, { baseline }) => sum + baseline.errors, 0);
  return requests > 0 ? { value: errors / requests, rollouts: histories.length, requests } : null;
}

/** The largest dispersion of the latencies that the judge would compare: one number has to do for all of them. */
function latencyDispersion(histories: readonly (readonly Between[])[]): LearnedValue | null {
  const last = histories.at(-1);
  if (!last) return null;
  const edges = new Set(last.flatMap(({ baseline }) => Object.keys(baseline.latency)));
  const total = Object.fromEntries(
    [...edges].map((edge) => [edge, last.reduce((sum, one) => sum + (one.baseline.latency[edge] ?? 0), 0)]),
  );
  const found = (chooseEdges(total, latencyFloorMilliseconds) ?? []).flatMap(
    (edge) => learned(histories, (one) => slowIn(one, edge) ?? empty, priors.latency) ?? [],
  );
  return found.reduce<LearnedValue | null>((a, b) => (a && a.value >= b.value ? a : b), null);
}

function eventDispersions(
  histories: readonly (readonly Between[])[],
  metrics: readonly OwnMetric[],
  prior: number,
): Record<string, LearnedValue> {
  const found = metrics.flatMap(({ name, worse }): [string, LearnedValue][] => {
    const value = learned(histories, (one) => ownIn(one, name, worse === "lower") ?? empty, prior);
    return value ? [[name, value]] : [];
  });
  return Object.fromEntries(found);
}

function learned(
  histories: readonly (readonly Between[])[],
  blockOf: BlockOf<Between>,
  prior: number,
): LearnedValue | null {
  const rollouts = histories
    .map((intervals) =>
      blocksOf(
        intervals.filter(({ isWarm }) => isWarm),
        blockOf,
        ({ step }) => step,
      ),
    )
    .filter((blocks) => blocks.length > 1);
  return rollouts.length === 0 ? null : { value: dispersionOf(rollouts, prior), rollouts: rollouts.length };
}
