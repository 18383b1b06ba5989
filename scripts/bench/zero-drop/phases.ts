import type { Strategy } from "../../../packages/documents/src/index.ts";
import { policyFor } from "../../../packages/judge/src/index.ts";
import type { RolloutSpec } from "../../../packages/rollout/src/index.ts";
import type { BenchEnvironment } from "../traffic/environment.ts";
import { bringBack, release, rollbackVerdict } from "../traffic/rollouts.ts";
import { testerHeader } from "./kinds.ts";

export const service = "shop";
const replicas = 3;

const steps = [
  { weight: 5, pauseSeconds: 2 },
  { weight: 25, pauseSeconds: 2 },
  { weight: 50, pauseSeconds: 2 },
];
/** Short steps and a bound on errors beside the comparison; the good versions of this bench never fail. */
const policy = policyFor({
  steps,
  checkSeconds: 1,
  gates: [{ text: "error_rate > 1%", metric: "error_rate", comparison: ">", value: 1 }],
});

/** One way to change the version under load. */
export interface Phase {
  name: string;
  /** Back to a version that ran before, instead of forwards to a new one. */
  isBackwards?: boolean;
  /** Makes one change, to the version of that name. */
  change(environment: BenchEnvironment, version: string): Promise<void>;
}

const forwards = (strategy: Strategy, more: Partial<RolloutSpec> = {}) =>
  async function change(environment: BenchEnvironment, version: string): Promise<void> {
    const judging = strategy === "canary" ? { policy, sampleSeconds: 1 } : undefined;
    const { deployed } = await release(
      environment,
      { ...specOf(environment, version, strategy), ...more },
      judging,
    );
    if (deployed.status !== "succeeded")
      throw new Error(
        `The good release ${version} (${strategy}) ended as ${deployed.status}: ${deployed.message}`,
      );
  };

/** Its replicas close idle connections after a second, so that the data plane often finds one that is just being closed. */
const good = (environment: BenchEnvironment, version: string) =>
  environment.spec(version, { replicas, environment: { KEEP_ALIVE_MS: "1000" } });

const specOf = (environment: BenchEnvironment, version: string, strategy: Strategy) => ({
  service,
  version: good(environment, version),
  strategy,
  steps,
  maxHoldSeconds: 60,
  keepOldForSeconds: 1,
});

/** Every change between good versions that promises not to lose a request. */
export const phases: readonly Phase[] = [
  { name: "rolling", change: forwards("rolling", { rolling: { batchSize: 1, pauseSeconds: 1 } }) },
  { name: "blue-green", change: forwards("bluegreen", { bluegreen: { testDurationSeconds: 2 } }) },
  {
    name: "blue-green, gradual",
    change: forwards("bluegreen", { bluegreen: { switchSteps: steps, testDurationSeconds: 1 } }),
  },
  { name: "canary", change: forwards("canary") },
  {
    name: "canary, routed",
    change: forwards("canary", {
      darkLaunch: { pauseSeconds: 1 },
      routing: { testers: { header: testerHeader }, mirrorPercent: 10, isSticky: true },
    }),
  },
  {
    name: "rollback",
    isBackwards: true,
    async change(environment, version) {
      const back = await bringBack(environment, service, version);
      if (back.status !== "rolled_back")
        throw new Error(`The rollback ended as ${back.status}: ${back.message}`);
    },
  },
];

/** Stops the old version before the new one starts: it says so, and has a gap. */
export const recreate: Phase = { name: "recreate", change: forwards("recreate") };

/** A version half of whose answers are errors, by canary. @returns when the judge said so, in milliseconds since 1970 */
export async function badRelease(environment: BenchEnvironment, version: string): Promise<number> {
  const spec = specOf(environment, version, "canary");
  const bad = environment.spec(version, { replicas, environment: { ERROR_SHARE: "0.5" } });
  const judging = { policy: policyFor({ steps, checkSeconds: 1 }), sampleSeconds: 1 };
  const { deployed, events } = await release(environment, { ...spec, version: bad }, judging);
  if (deployed.status !== "rolled_back")
    throw new Error(`The bad release ended as ${deployed.status}: ${deployed.message}`);
  return Date.parse(rollbackVerdict(events)!.at);
}

/** A version that a person takes back in its first step. @returns when they asked for it, in milliseconds since 1970 */
export async function abortedRelease(environment: BenchEnvironment, version: string): Promise<number> {
  const released = release(environment, specOf(environment, version, "canary"), { policy, sampleSeconds: 1 });
  const { rollout } = await environment.until(
    service,
    (seen) => seen.rollout?.to === version && seen.rollout.stepStartedAt !== null,
  );
  const at = Date.now();
  const { id, step } = rollout!;
  const request = { rollout: id, kind: "abort", step, by: "the bench", at } as const;
  await environment.target.apply({ type: "request", service, request });
  const { deployed } = await released;
  if (deployed.status === "succeeded")
    throw new Error(`${version} was promoted though it was to be taken back.`);
  return at;
}

/** The first version, which is there before the load begins. */
export const firstVersion = (environment: BenchEnvironment): Promise<string> =>
  environment.first(service, good(environment, "v0"));
