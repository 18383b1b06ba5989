import { canonicalJson } from "@sluice/documents";
import type { VersionSpec } from "@sluice/ports";

/** Whether two specs are the same code in the same configuration, in whatever number and wherever the artifact lies. */
export const runsTheSame = (a: VersionSpec, b: VersionSpec): boolean =>
  a.artifact.digest === b.artifact.digest && differingKeys(a, b).length === 0;

/**
 * The keys of the configuration in which two specs of a version differ, as a configuration names them, in order:
 * `command`, `environment.LOG_LEVEL`, `healthCheck.path`, `secrets`. Values are not told: they may be private. The number
 * of replicas, the artifact and the port are not compared.
 *
 * @param known    a spec out of the history; what it does not have at all was unknown when it was written, and is no
 *   difference
 * @param lookedUp variables of the environment whose values do not come from the configuration
 */
export function differingKeys(
  known: VersionSpec,
  wanted: VersionSpec,
  lookedUp: readonly string[] = [],
): string[] {
  const { command, environment, healthCheck, secrets }: Partial<VersionSpec> = known;
  return [
    ...(command && !isSame(command, wanted.command) ? ["command"] : []),
    ...keysThatDiffer(environment, wanted.environment)
      .filter((name) => !lookedUp.includes(name))
      .map((name) => `environment.${name}`),
    ...keysThatDiffer(healthCheck, wanted.healthCheck)
      .filter((key) => Object.hasOwn(healthCheck ?? {}, key))
      .map((key) => `healthCheck.${key.replace(/Seconds$/, "")}`),
    ...(secrets && !isSame(inOrder(secrets), inOrder(wanted.secrets)) ? ["secrets"] : []),
  ];
}

/** Keys, in order, that only one of the two has, or that have another value in the other; none without the first. */
function keysThatDiffer<T extends object>(known: T | undefined, wanted: T): string[] {
  if (!known) return [];
  const a = new Map<string, unknown>(Object.entries(known));
  const b = new Map<string, unknown>(Object.entries(wanted));
  return inOrder([...a.keys(), ...b.keys()]).filter((key) => a.get(key) !== b.get(key));
}

const inOrder = (names: readonly string[]): string[] => [...new Set(names)].sort();

const isSame = (a: readonly string[], b: readonly string[]): boolean => canonicalJson(a) === canonicalJson(b);
