import type { Command, MetricSource, Observation, Target, TrafficRouter, VersionSpec } from "@sluice/ports";

/** What a suite needs of a target to try it: an empty environment, and versions that run there. */
export interface TargetHarness {
  target: Target;
  router: TrafficRouter;
  /** A version that becomes ready. Same arguments, same spec. */
  spec(
    version: string,
    overrides?: Partial<Pick<VersionSpec, "replicas" | "environment" | "secrets">>,
  ): VersionSpec;
  /** A version that starts and never becomes ready. */
  unhealthySpec(version: string): VersionSpec;
  /**
   * Resolves when the check holds for an observation of the service, and rejects when it does not within the
   * patience of the harness: real seconds for a real target, virtual ones for one in memory.
   */
  until(service: string, check: (observation: Observation) => boolean): Promise<Observation>;
  stop(): Promise<void>;
}

/** A target whose traffic is counted. */
export interface MetricHarness extends TargetHarness {
  metrics: MetricSource;
  /** Sends requests to the entry of a service, one after the other. */
  send(service: string, count: number): Promise<void>;
  /** A version that answers every request with status 500. */
  failingSpec(version: string): VersionSpec;
  /** Makes the source stop answering. */
  takeAway(): Promise<void>;
}

export const ready = (observation: Observation, version: string): number =>
  observation.versions.find((v) => v.version === version)?.replicas.filter((r) => r.isReady).length ?? 0;

export const has = (observation: Observation, version: string): boolean =>
  observation.versions.some((v) => v.version === version);

/** The commands as functions, for suites that read well. */
export function commandsOf(target: Target, service: string) {
  const apply = (command: Command) => target.apply(command);
  return {
    ensure: (spec: VersionSpec, secrets: Record<string, string> = {}) =>
      apply({ type: "ensure-version", service, spec, secrets }),
    remove: (version: string) => apply({ type: "remove-version", service, version }),
    markStable: (version: string) => apply({ type: "mark-stable", service, version }),
    request: (request: Observation["request"]) => apply({ type: "request", service, request }),
    record: (record: Observation["rollout"]) => apply({ type: "record", service, record }),
  };
}
