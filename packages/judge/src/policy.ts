import type { GuardEvidence } from "@sluice/documents";
import type { Spending } from "./group-sequential.ts";
import type { PlannedStep } from "./schedule.ts";

/** A statement about one version that says when something is wrong, as `latency_p99 > 1000ms`. */
export interface Bound {
  /** The condition as people write it. */
  text: string;
  metric:
    | "error_rate"
    | "availability"
    | "latency"
    /** Processor time and memory, in percent of what the version may use. */
    | "cpu"
    | "memory"
    /** An own metric, see `name`. */
    | "events"
    /** Looks in a row at which a replica was not ready. */
    | "health_failures"
    /** Most restarts of one replica. */
    | "restarts"
    /** Critical alerts that fire. */
    | "alerts";
  /** Which percentile of the latency, for example 99; only with `latency`. */
  percentile?: number;
  /** Name of the own metric; only with `events`. */
  name?: string;
  comparison: ">" | ">=" | "<" | "<=";
  /** Percent for rates and saturation, milliseconds for `latency`, a number for the others; a factor where it `isRelative`. */
  value: number;
  /** The value is a factor over the version it is compared with: `latency_p95 > 2x`. */
  isRelative?: boolean;
}

/**
 * A bound that holds beside the comparison of the versions. `hold` keeps the step, `rollback` ends the release,
 * `page` calls a person and keeps the step meanwhile. Where several are breached the strictest wins.
 */
export interface Guard {
  bound: Bound;
  band: GuardEvidence["band"];
  /** Failed checks in a row after which the release is rolled back; null for guards that only hold or page. */
  threshold: number | null;
  /**
   * The bound is an increase in percent over what was measured before the release: `error_rate` 50 is half as
   * many errors again, `latency` 100 is twice the time.
   */
  isIncrease?: boolean;
}

/** An own pair of counters that is compared like the errors, for example failed checkouts of all checkouts. */
export interface EventMetric {
  name: string;
  /** Which direction is bad: `higher` for failures, `lower` for successes. */
  worse: "higher" | "lower";
  /** Ratio canary : baseline of the bad kind that is still tolerated (of the odds, where it is common). */
  tolerance: number;
  /** As `Policy.tempering`, of this metric; as that of the errors where it is not known. */
  tempering: number;
  /** What happens while a version does not have it: keep the step, end the release, or go on without it. */
  noData: "hold" | "fail" | "promote";
}

export interface Alternative {
  multiple: number;
  share: number;
}

export interface Policy {
  /** Chance of rolling back a release that is not worse than tolerated, over the whole rollout: 0.01 is 1 %. */
  alpha: number;
  /** Chance of calling a harmfully worse release "not worse". */
  beta: number;
  /** Ratio canary : baseline that is still tolerated; 1.25 is a quarter more. */
  tolerance: number;
  /** Ratio that is harmful: a promotion on evidence excludes it. */
  harm: number;
  /** Alternatives to the tolerated ratio, as multiples of it, with the share of the bet on each; shares add up to 1. */
  alternatives: readonly Alternative[];
  /** The same where the exact test looks for the small differences. */
  alternativesBesideTest: readonly Alternative[];
  /** Number of weight steps that are judged; the comparison starts anew at each beside the one that goes on. */
  starts: number;
  /** Share of the bet that goes on from the first step; the later starts share the rest. */
  firstStart: number;
  /** The steps in which the versions are compared, with their planned times. */
  plan: readonly PlannedStep[];
  /** The exact test over the plan, and its part of alpha. */
  groupSequential: Spending;
  /** Exponent on the evidence, at most 1: one over the overdispersion of the traffic (1 when requests fail independently). */
  tempering: number;
  /**
   * The same for latency. Requests that wait behind the same pause are slow together, so until the overdispersion of
   * a service is known its slow requests count for a third of what independent ones would.
   */
  latencyTempering: number;
  /** Slow requests come in bunches: no single interval decides on latency, and dispersion is measured while it runs. */
  areSlowBunched: boolean;
  /** Own metrics that are compared. */
  events: readonly EventMetric[];
  /**
   * Seconds after each rise of the weight that the comparison leaves out, because a new process is slow at first; a
   * step that starts no new replicas has none. In that time only a ratio above `coldRatio` counts, on `coldShare` of
   * alpha.
   */
  warmUpSeconds: number;
  coldRatio: number;
  coldShare: number;
  /** Requests that the canary must have answered in a step before the step may end. */
  minimumRequests: number;
  /** Latency differences below this are not felt by anybody and are not compared. */
  latencyFloorMilliseconds: number;
  /** Requests should be answered within this time; the edge next to it is compared. */
  latencyObjectiveMilliseconds?: number;
  /** Bucket edges that are compared, as the histogram writes them; absent: four are chosen from the baseline. */
  latencyEdges?: readonly string[];
  guards: readonly Guard[];
  /** Seconds between two checks of the guards. */
  checkSeconds: number;
  /** Seconds without data after which an own metric with `noData: fail` ends the release. */
  noDataSeconds: number;
  /** What was measured before the release, for guards that bound an increase. */
  reference?: { errorRatio: number | null; p99Milliseconds: number | null };
}

/** Guards where nothing is configured: rolled back above 5 % errors or below 99 % availability. */
const defaultGuards: readonly Bound[] = [
  { text: "error_rate > 5%", metric: "error_rate", comparison: ">", value: 5 },
  { text: "availability < 99%", metric: "availability", comparison: "<", value: 99 },
];

/** A critical alert that began to fire during the release; guarded where alerts are read. */
const alertGuard: Bound = { text: "critical alerts firing", metric: "alerts", comparison: ">", value: 0 };

/** The conditions that end a release: those that are given, and the default for each metric that they do not speak about. */
export const withDefaultGuards = <B extends Bound>(own: readonly B[]): (B | Bound)[] => [
  ...own,
  ...defaultGuards.filter(
    (guard) => !own.some(({ metric, isRelative }) => metric === guard.metric && !isRelative),
  ),
];

/** Increases over the time before the release that end it afterwards, when there is no old version to compare with. */
export const watchGuards: readonly Guard[] = [
  {
    bound: { text: "error_rate increase > 50%", metric: "error_rate", comparison: ">", value: 50 },
    band: "rollback",
    threshold: 3,
    isIncrease: true,
  },
  {
    bound: {
      text: "latency_p99 increase > 100%",
      metric: "latency",
      percentile: 99,
      comparison: ">",
      value: 100,
    },
    band: "rollback",
    threshold: 3,
    isIncrease: true,
  },
];

export interface PolicyOptions {
  alpha?: number;
  beta?: number;
  tolerance?: number;
  harm?: number;
  /** The steps of the rollout: when the comparison starts anew, how long a warm-up may be, and the plan of the exact test. */
  steps?: readonly PlannedStep[];
  groupSequential?: Partial<Spending>;
  tempering?: number;
  latencyTempering?: number;
  areSlowBunched?: boolean;
  events?: readonly (Pick<EventMetric, "name"> & Partial<EventMetric>)[];
  /** At most this long; never more than a fifth of the shortest pause. */
  warmUpSeconds?: number;
  minimumRequests?: number;
  latencyFloorMilliseconds?: number;
  latencyObjectiveMilliseconds?: number;
  latencyEdges?: readonly string[];
  /** Bounds that hold a step while they are exceeded (`canary.analysis.metrics`). */
  gates?: readonly Bound[];
  /** Bounds that end the release (`autoRollback.conditions`); each replaces the default for its metric. */
  conditions?: readonly Bound[];
  /** Bounds that call a person. */
  alerts?: readonly Bound[];
  /** Critical alerts are read, so one that begins to fire is a failed check. */
  hasAlerts?: boolean;
  /** Failed checks in a row, of a gate or of a condition, after which the release is rolled back. */
  threshold?: number;
  checkSeconds?: number;
  reference?: Policy["reference"];
}

/** The policy of a rollout; what is not given has the default of the documentation. */
export function policyFor(options: PolicyOptions = {}): Policy {
  const judged = (options.steps ?? []).filter((step) => step.weight < 100);
  const shortest = Math.min(...judged.map((step) => step.pauseSeconds), Number.POSITIVE_INFINITY);
  const tolerance = options.tolerance ?? 1.25;
  const tempering = options.tempering ?? 1;
  return {
    alpha: options.alpha ?? 0.01,
    beta: options.beta ?? 0.05,
    tolerance,
    harm: options.harm ?? 2,
    alternatives: [
      { multiple: 1.5, share: 0.3 },
      { multiple: 2, share: 0.25 },
      { multiple: 3, share: 0.2 },
      { multiple: 6, share: 0.12 },
      { multiple: 20, share: 0.08 },
      { multiple: 100, share: 0.05 },
    ],
    alternativesBesideTest: [
      { multiple: 3, share: 0.2 },
      { multiple: 4.5, share: 0.45 },
      { multiple: 15, share: 0.2 },
      { multiple: 60, share: 0.15 },
    ],
    starts: Math.max(1, judged.length),
    firstStart: 0.9,
    plan: judged.map(({ weight, pauseSeconds }) => ({ weight, pauseSeconds })),
    groupSequential: { share: 0.42, power: 7, lookSeconds: 10, ...options.groupSequential },
    tempering,
    latencyTempering: options.latencyTempering ?? 1 / 3,
    areSlowBunched: options.areSlowBunched ?? true,
    events: (options.events ?? []).map((metric) => ({
      worse: "higher",
      tolerance,
      tempering,
      noData: "hold",
      ...metric,
    })),
    warmUpSeconds: Math.min(options.warmUpSeconds ?? 60, shortest / 5),
    coldRatio: Math.max(4, 3.2 * tolerance),
    coldShare: 0.15,
    minimumRequests: options.minimumRequests ?? 20,
    latencyFloorMilliseconds: options.latencyFloorMilliseconds ?? 25,
    ...(options.latencyObjectiveMilliseconds === undefined
      ? {}
      : { latencyObjectiveMilliseconds: options.latencyObjectiveMilliseconds }),
    ...(options.latencyEdges ? { latencyEdges: options.latencyEdges } : {}),
    guards: guardsFor(options),
    checkSeconds: options.checkSeconds ?? 60,
    noDataSeconds: (options.threshold ?? 5) * (options.checkSeconds ?? 60),
    ...(options.reference ? { reference: options.reference } : {}),
  };
}

/** Counts that are bad at once; a rate or a latency may be so for one check by chance. */
const isCount = ({ metric }: Bound) => metric === "health_failures" || metric === "restarts";

function guardsFor(options: PolicyOptions): Guard[] {
  const threshold = options.threshold ?? 5;
  const guard = (bound: Bound, band: "hold" | "rollback"): Guard => ({
    bound,
    band,
    threshold: isCount(bound) ? 1 : threshold,
  });
  return [
    ...(options.gates ?? []).map((bound) => guard(bound, "hold")),
    ...withDefaultGuards(options.conditions ?? []).map((bound) => guard(bound, "rollback")),
    ...(options.hasAlerts ? [guard(alertGuard, "rollback")] : []),
    ...(options.alerts ?? []).map((bound): Guard => ({ bound, band: "page", threshold: null })),
  ];
}
