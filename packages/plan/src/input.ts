import type { EnvironmentConfig, ProjectConfig, ServiceSettings } from "@sluice/config";
import type { PlannedService, Strategy, StrategySetting } from "@sluice/documents";

/** What is asked for: a version of all services or of some of them. */
export interface Request {
  version: string;
  commit?: string;
  /** Names of services; all of the project when it is absent. */
  services?: readonly string[];
  /** Instead of the configured strategy of each service. */
  strategy?: StrategySetting;
  /** Labels of the change, which may name a strategy or a size for `strategy: auto`. */
  labels?: readonly string[];
  /** The issue that a hotfix mends; it names the tags of the artifacts. */
  issueId?: string;
}

/** What serves now, by service; `null` where nothing does. */
export type Running = Readonly<Record<string, NonNullable<PlannedService["running"]> | null>>;

export interface PlanInput {
  project: ProjectConfig;
  environment: EnvironmentConfig;
  /** File of the environment, so that warnings can point at it. */
  file?: string;
  request: Request;
  /** Absent: the target was not asked; the plan then expects an older version of each service. */
  running?: Running;
  /** Files of the migrations that are not applied yet, in their order; absent: the database was not asked. */
  pendingMigrations?: readonly string[];
  /** Why the router of the target cannot give a version that share of the traffic (percent); null when it can. */
  routerRefuses?: (weight: number) => string | null;
  /** Why the router cannot do what a canary asks for beside weights; one sentence for each thing. */
  routingRefusals?: (routing: NonNullable<ServiceSettings["canary"]["routing"]>) => readonly string[];
  /**
   * Why a service comes back to the requested version without steps, as far as its history tells; absent for those
   * that take every step.
   */
  shortcuts?: Readonly<Record<string, string>>;
  /**
   * Keys in which the configuration of a service differs from the one in which it runs the requested version already;
   * absent for those that run another version, or run it as it is configured.
   */
  differences?: Readonly<Record<string, readonly string[]>>;
}

/** A service with the strategy by which it goes out. */
export type PlannedSettings = Omit<ServiceSettings, "strategy"> & {
  strategy: Strategy;
  /** Why this strategy was chosen; absent when it was named. */
  why?: string;
};
