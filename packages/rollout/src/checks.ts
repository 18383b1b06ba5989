import type { Observation } from "@sluice/ports";
import { readyReplicas, versionIn } from "./decision.ts";
import type { RolloutOptions, Surroundings } from "./options.ts";

/** Seconds after which a check, or the verification after a rollback, counts as broken: longer than any that is meant so. */
const checkSeconds = 1800;

/** Tests of the new version before it has traffic; null when the run was stopped meanwhile. */
export async function testSwitch(options: RolloutOptions, seen: Observation) {
  const { spec, signal } = options;
  const version = versionIn(seen, spec.version.version);
  const url = version?.replicas.find((replica) => replica.isReady && replica.url)?.url ?? seen.url;
  if (!url)
    return {
      isPassed: false,
      message: `${spec.version.version} has no address at which it could be tested.`,
    };
  try {
    await inTime(options, (ends) => options.beforeSwitch!(url, ends));
    return { isPassed: true, message: "" };
  } catch (error) {
    if (signal?.aborted) return null;
    return {
      isPassed: false,
      message: `A test of ${spec.version.version} before the switch failed: ${reasonOf(error)}`,
    };
  }
}

/** A check after a step; null when the run was stopped meanwhile. */
export async function checkStep(options: RolloutOptions, seen: Observation) {
  const { spec, signal } = options;
  const step = seen.rollout?.stepStartedAt ?? 0;
  try {
    await inTime(options, (ends) => options.afterStep!(seen.url ?? "", ends));
    return { step, isPassed: true, message: "" };
  } catch (error) {
    if (signal?.aborted) return null;
    const share = Math.round(seen.weights[spec.version.version] ?? 0);
    return {
      step,
      isPassed: false,
      message: `A check failed when ${spec.version.version} had ${share} % of the traffic: ${reasonOf(error)}`,
    };
  }
}

/** Whether the version that has the traffic back is well. It is asked also when the run is being stopped. */
export async function verifyOld({ target, clock, verify }: Surroundings, service: string, version: string) {
  if (verify) {
    try {
      return await inTime({ clock }, () => verify(version));
    } catch (error) {
      return { isHealthy: false, message: reasonOf(error) };
    }
  }
  const seen = await target.observe(service);
  const ready = readyReplicas(versionIn(seen, version));
  return { isHealthy: ready > 0, message: `${ready} replicas of ${version} are ready.` };
}

/** Does not wait longer for a check than its time, nor for one that goes on when the run is stopped. */
async function inTime<T>(
  { clock, signal }: Pick<Surroundings, "clock" | "signal">,
  check: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const isDone = new AbortController();
  const isLate = new AbortController();
  const ends = signal ? AbortSignal.any([signal, isLate.signal]) : isLate.signal;
  const limit = clock
    .sleep(1000 * checkSeconds, signal ? AbortSignal.any([signal, isDone.signal]) : isDone.signal)
    .then(() => {
      const late = new Error(`it did not end within ${checkSeconds} s.`);
      isLate.abort(late);
      throw late;
    });
  try {
    return await Promise.race([check(ends), limit]);
  } finally {
    limit.catch(() => {});
    isDone.abort();
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
