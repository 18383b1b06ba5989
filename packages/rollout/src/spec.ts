import type { Strategy } from "@sluice/documents";
import type { RolloutRecord, Routing, VersionSpec } from "@sluice/ports";
import type { RollbackWindow } from "./window.ts";

/** One service, the version it is to run, and the way there. Times in seconds, weights in percent. */
export interface RolloutSpec {
  /** The same for every run of the same plan, so that a second run continues what the first began. */
  id: string;
  service: string;
  version: VersionSpec;
  /** Values of the secret variables; never stored. */
  secrets: Record<string, string>;
  /**
   * Variables of the environment that hold where other services are. They were looked up and are no part of the
   * configuration: another address does not make it another release.
   */
  lookedUp?: readonly string[];
  strategy: Strategy;
  /** Steps of a canary; a last step with all of the traffic is added where it is missing. */
  steps?: readonly CanaryStep[];
  /** Before the first step: the new version runs and has no user, only testers and copies of requests. */
  darkLaunch?: Pause;
  /** What happens to requests beside the weights of a canary. */
  routing?: CanaryRouting;
  /** A version that was trusted within it comes back without steps and analysis; absent: none does. */
  rollbackWindow?: RollbackWindow;
  rolling?: { batchSize?: number; pauseSeconds?: number };
  bluegreen?: {
    /** Shares on the way to 100; absent: all at once. */
    switchSteps?: readonly CanaryStep[];
    /** How long the new version is watched with all of the traffic while the old one still stands by. */
    testDurationSeconds?: number;
  };
  /** How long the old version keeps running after the new one was promoted. */
  keepOldForSeconds?: number;
  /** The run does not wait for that: whoever watches the new version lets the old one go later. */
  leavesOld?: boolean;
  /** What a bad verdict does: `hold` leaves everything as it is and waits for a person. */
  onBadRelease?: "rollback" | "hold";
  /** What happens when the time is over and nothing could be decided; `hold` where nothing is said. */
  onInconclusive?: "hold" | "promote" | "rollback";
  /** How long a step may last beyond its pause while evidence is missing or a gate holds it. */
  maxHoldSeconds?: number;
  /** How long replicas may take to become ready. */
  startTimeoutSeconds?: number;
}

/** What of a rollout its steps follow from. */
export type StepShape = Pick<RolloutSpec, "strategy" | "steps" | "darkLaunch" | "rolling" | "bluegreen"> & {
  version: Pick<VersionSpec, "replicas">;
};

/** How long something lasts at least. */
export interface Pause {
  pauseSeconds: number;
  /** It lasts until a person promotes it, however long that takes. */
  isManual?: boolean;
}

export type CanaryRouting = Omit<Routing, "version">;

export interface CanaryStep extends Pause {
  weight: number;
  /** Replicas of the new version in this step; absent: as many as its share of the traffic needs. */
  replicas?: number;
}

/** What a step asks for before the next one may begin. */
export type Need =
  /** Evidence that the version is good. */
  | "proof"
  /** A judge that had data and has no objection. */
  | "no-objection"
  /** No bad verdict and no gate that is exceeded; missing data are fine. */
  | "no-alarm"
  | "nothing";

/** A step of any strategy: who has which share, and how many replicas of whom there must be. */
export interface Step extends Pause {
  weight: number;
  replicas: number;
  /** Replicas of the old version once the new one has this weight; null leaves them as they are. */
  oldReplicas: number | null;
  need: Need;
}

export const limitsOf = (spec: RolloutSpec) => ({
  startTimeoutSeconds: spec.startTimeoutSeconds ?? 300,
  maxHoldSeconds: spec.maxHoldSeconds ?? 1800,
  onInconclusive: spec.onInconclusive ?? "hold",
  onBadRelease: spec.onBadRelease ?? "rollback",
});

/**
 * The steps of a rollout. The last one always has all of the traffic on the new version.
 *
 * @param record what runs now, and whether steps are left out. Without a version that runs there is nothing to go back
 *   to or to compare with, so the new version gets everything as soon as it is healthy.
 * @param oldReplicas how many replicas the version that runs has when it runs alone
 */
export function stepsOf(
  spec: StepShape,
  { from, shortcut }: Pick<RolloutRecord, "from" | "shortcut">,
  oldReplicas: number,
): Step[] {
  const all = spec.version.replicas;
  const whole: Step = { weight: 100, replicas: all, oldReplicas: null, pauseSeconds: 0, need: "nothing" };
  if (from === null || shortcut !== undefined || spec.strategy === "recreate") return [whole];
  if (spec.strategy === "rolling") return rollingSteps(spec, all, oldReplicas);
  if (spec.strategy === "bluegreen") {
    const gradual = (spec.bluegreen?.switchSteps ?? []).filter((step) => step.weight < 100);
    const test: Step = { ...whole, pauseSeconds: spec.bluegreen?.testDurationSeconds ?? 0, need: "no-alarm" };
    return [...gradual.map((step): Step => ({ ...test, ...pauseOf(step), weight: step.weight })), test];
  }
  const judged = (spec.steps ?? []).filter((step) => step.weight < 100);
  const last = (spec.steps ?? []).find((step) => step.weight === 100);
  const steps = judged.map(
    (step, i): Step => ({
      ...pauseOf(step),
      weight: step.weight,
      replicas: Math.min(all, step.replicas ?? replicasForWeight(step.weight, all, oldReplicas)),
      oldReplicas: null,
      need: i === judged.length - 1 ? "proof" : "no-objection",
    }),
  );
  const dark: Step[] = spec.darkLaunch
    ? [{ ...whole, ...pauseOf(spec.darkLaunch), weight: 0, replicas: (steps[0] ?? whole).replicas }]
    : [];
  const isWatched = last && (last.pauseSeconds > 0 || last.isManual);
  return [...dark, ...steps, isWatched ? { ...whole, ...pauseOf(last), need: "no-alarm" } : whole];
}

const pauseOf = ({ pauseSeconds, isManual }: Pause): Pause => ({
  pauseSeconds,
  ...(isManual ? { isManual } : {}),
});

/**
 * Replicas that the new version needs so that none of them answers more than one of the old version does. A version
 * with too few would be slower for that reason alone, and be judged for it.
 *
 * @param weight its share of the traffic in percent, below 100
 * @param all    replicas that it has in the end; never more than these
 */
export function replicasForWeight(weight: number, all: number, oldReplicas: number): number {
  return Math.min(all, Math.max(1, Math.ceil((oldReplicas * weight) / (100 - weight))));
}

/** A batch at a time: the new replicas come before the old ones go, so there are never fewer than before. */
function rollingSteps(spec: StepShape, all: number, oldReplicas: number): Step[] {
  const batch = Math.max(1, spec.rolling?.batchSize ?? 1);
  const steps: Step[] = [];
  for (let done = Math.min(batch, all); ; done = Math.min(done + batch, all)) {
    steps.push({
      weight: Math.round((100 * done) / all),
      replicas: done,
      oldReplicas: Math.max(1, Math.ceil(oldReplicas * (1 - done / all))),
      pauseSeconds: spec.rolling?.pauseSeconds ?? 0,
      need: "no-alarm",
    });
    if (done === all) return steps;
  }
}

/** The shares that a step asks for. */
export function weightsOf(
  record: Pick<RolloutRecord, "from" | "to">,
  weight: number,
): Record<string, number> {
  const shares: Record<string, number> = {};
  if (record.from !== null && weight < 100) shares[record.from] = 100 - weight;
  if (weight > 0) shares[record.to] = weight;
  return shares;
}

/** Whether two sets of shares are the same, but for rounding. */
export function isSameSplit(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every(
    (version) => Math.abs((a[version] ?? 0) - (b[version] ?? 0)) < 0.01,
  );
}
