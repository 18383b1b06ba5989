import type { GuardEvidence } from "@sluice/documents";

/** A statement about one version that says when something is wrong, as `latency_p99 > 1000ms`. */
export interface Bound {
  /** The condition as people write it. */
  text: string;
  metric: "error_rate" | "availability" | "latency";
  /** Which percentile of the latency, for example 99; only with `latency`. */
  percentile?: number;
  comparison: ">" | ">=" | "<" | "<=";
  /** Percent for `error_rate` and `availability`, milliseconds for `latency`. */
  value: number;
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
  alternatives: readonly { multiple: number; share: number }[];
  /** Number of weight steps that are judged; the comparison starts anew at each beside the one that goes on. */
  starts: number;
  /** Exponent on the evidence, at most 1: one over the overdispersion of the traffic (1 when requests fail independently). */
  tempering: number;
  /**
   * The same for latency. Requests that wait behind the same pause are slow together, so until the overdispersion of
   * a service is known its slow requests count for a third of what independent ones would.
   */
  latencyTempering: number;
  /**
   * Seconds after each rise of the weight that the comparison leaves out, because a new process is slow at first.
   * In that time only a ratio above `coldRatio` counts, on `coldShare` of alpha.
   */
  warmUpSeconds: number;
  coldRatio: number;
  coldShare: number;
  /** Requests that the canary must have answered in a step before the step may end. */
  minimumRequests: number;
  /** Latency differences below this are not felt by anybody and are not compared. */
  latencyFloorMilliseconds: number;
  /** Bucket edges that are compared, as the histogram writes them; absent: four are chosen from the baseline. */
  latencyEdges?: readonly string[];
  guards: readonly Guard[];
  /** Seconds between two checks of the guards. */
  checkSeconds: number;
  /** What was measured before the release, for guards that bound an increase. */
  reference?: { errorRatio: number | null; p99Milliseconds: number | null };
}

/** Guards where nothing is configured: rolled back above 5 % errors or below 99 % availability. */
const defaultGuards: readonly Bound[] = [
  { text: "error_rate > 5%", metric: "error_rate", comparison: ">", value: 5 },
  { text: "availability < 99%", metric: "availability", comparison: "<", value: 99 },
];

/** The conditions that end a release: those that are given, and the default for each metric that they do not speak about. */
export const withDefaultGuards = <B extends Bound>(own: readonly B[]): (B | Bound)[] => [
  ...own,
  ...defaultGuards.filter((guard) => !own.some(({ metric }) => metric === guard.metric)),
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
  /** The steps of the rollout: they decide how often the comparison starts anew and how long a warm-up may be. */
  steps?: readonly { weight: number; pauseSeconds: number }[];
  tempering?: number;
  latencyTempering?: number;
  /** At most this long; never more than a fifth of the shortest pause. */
  warmUpSeconds?: number;
  minimumRequests?: number;
  latencyFloorMilliseconds?: number;
  latencyEdges?: readonly string[];
  /** Bounds that hold a step while they are exceeded (`canary.analysis.metrics`). */
  gates?: readonly Bound[];
  /** Bounds that end the release (`autoRollback.conditions`); each replaces the default for its metric. */
  conditions?: readonly Bound[];
  /** Bounds that call a person. */
  alerts?: readonly Bound[];
  /** Failed checks in a row, of a gate or of a condition, after which the release is rolled back. */
  threshold?: number;
  checkSeconds?: number;
  reference?: Policy["reference"];
}

/** The policy of a rollout; what is not given has the default of the documentation. */
export function policyFor(options: PolicyOptions = {}): Policy {
  const judged = (options.steps ?? []).filter((step) => step.weight < 100);
  const shortest = Math.min(...judged.map((step) => step.pauseSeconds), Number.POSITIVE_INFINITY);
  const threshold = options.threshold ?? 5;
  const conditions = withDefaultGuards(options.conditions ?? []);
  const guards: Guard[] = [
    ...(options.gates ?? []).map((bound): Guard => ({ bound, band: "hold", threshold })),
    ...conditions.map((bound): Guard => ({ bound, band: "rollback", threshold })),
    ...(options.alerts ?? []).map((bound): Guard => ({ bound, band: "page", threshold: null })),
  ];
  return {
    alpha: options.alpha ?? 0.01,
    beta: options.beta ?? 0.05,
    tolerance: options.tolerance ?? 1.25,
    harm: options.harm ?? 2,
    alternatives: [
      { multiple: 1.5, share: 0.3 },
      { multiple: 2, share: 0.25 },
      { multiple: 3, share: 0.2 },
      { multiple: 6, share: 0.12 },
      { multiple: 20, share: 0.08 },
      { multiple: 100, share: 0.05 },
    ],
    starts: Math.max(1, judged.length),
    tempering: options.tempering ?? 1,
    latencyTempering: options.latencyTempering ?? 1 / 3,
    warmUpSeconds: Math.min(options.warmUpSeconds ?? 60, shortest / 5),
    coldRatio: Math.max(5, 4 * (options.tolerance ?? 1.25)),
    coldShare: 0.3,
    minimumRequests: options.minimumRequests ?? 20,
    latencyFloorMilliseconds: options.latencyFloorMilliseconds ?? 25,
    ...(options.latencyEdges ? { latencyEdges: options.latencyEdges } : {}),
    guards,
    checkSeconds: options.checkSeconds ?? 60,
    ...(options.reference ? { reference: options.reference } : {}),
  };
}
