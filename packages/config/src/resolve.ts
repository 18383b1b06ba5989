import type { StrategySetting } from "@sluice/documents";
import { type Bound, withDefaultGuards } from "@sluice/judge";
import type { Condition } from "./condition.ts";
import { deploymentOrder } from "./order.ts";
import { canaryPresets } from "./presets.ts";
import {
  type Analysis,
  type Canary,
  type CanaryOverride,
  isOwnMetric,
  type OwnMetric,
} from "./schema/canary.ts";
import type { EnvironmentConfig } from "./schema/environment.ts";
import type { Amount } from "./schema/fields.ts";
import type { HealthCheck } from "./schema/health-check.ts";
import type { Build, ProjectConfig, Service, SmokeCheck } from "./schema/project.ts";
import type { CanaryStep } from "./schema/steps.ts";

/** Everything that holds for one service in one environment, with defaults and overrides applied. */
export interface ServiceSettings {
  name: string;
  path: string;
  tier: Service["tier"];
  dependsOn: string[];
  command: string[];
  port?: number;
  environment: Record<string, string>;
  /** Names of secret variables. */
  secrets: string[];
  build: Build;
  smoke: SmokeCheck[];
  strategy: StrategySetting;
  replicas: number;
  resources: { limits: Amounts; requests: Amounts };
  healthCheck: HealthCheckSettings;
  canary: CanarySettings;
}

export interface Amounts {
  cpuMillicores?: number;
  memoryBytes?: number;
}

export interface HealthCheckSettings {
  path: string;
  initialDelaySeconds: number;
  timeoutSeconds: number;
  intervalSeconds: number;
  /** Attempts before a replica that never answered well is given up. */
  retries: number;
  /** Failures in a row after which a ready replica is unhealthy. */
  failureThreshold: number;
  /** Longest time that the configured attempts can take: a replica that is not ready then never will be. */
  startTimeoutSeconds: number;
}

export interface PauseSettings {
  pauseSeconds: number;
  /** It lasts until a person promotes it. */
  isManual?: true;
}

export interface CanaryStepSettings extends PauseSettings {
  weightPercent: number;
  /** Replicas of the new version in this step; absent: as many as its share of the traffic needs. */
  replicas?: number;
}

export interface CanarySettings {
  /** Rising weights; the last is 100. */
  steps: CanaryStepSettings[];
  /** Before the first step: the new version runs and has no user. */
  darkLaunch?: PauseSettings;
  /** What happens to requests beside the weights. */
  routing?: {
    testers?: { header: string; value?: string } | { cookie: string; value?: string };
    mirrorPercent?: number;
    isSticky?: true;
  };
  /** It takes its steps together with others of its tier, where they are alike. */
  isShared?: true;
  analysis: AnalysisSettings;
}

export interface AnalysisSettings {
  intervalSeconds: number;
  /** Failed checks of one guard in a row after which the release is rolled back. */
  failureThreshold: number;
  /** Conditions that hold the step while they are true. */
  gates: Condition[];
  /** Conditions that end the release: those of the service, and of the environment (see `guardsOf`). */
  guards: Bound[];
  /** Conditions that call a person. */
  pages: Condition[];
  /** Where alerts are read, and the label `severity` of those that count. */
  alerts?: { url: string; severity: string };
  /** Counters of one's own that are compared. */
  metrics: OwnMetric[];
  /** Path of the metrics page of each replica. */
  metricsPath: string;
  latencyObjectiveMilliseconds?: number;
  /** Probability of rolling back a good release, 0–1. */
  alpha: number;
  /** Probability of calling a harmfully worse release not worse, 0–1. */
  beta: number;
  /** Ratio canary : baseline that is tolerated, for example 1.25. */
  toleratedRatio: number;
  /** Ratio canary : baseline that is harmful, for example 2. */
  harmfulRatio: number;
  /** Requests that the canary must have answered in a step before the step can end. */
  minRequests: number;
  /** What happens when `maxHoldSeconds` are over and nothing could be decided. */
  noData: "hold" | "promote" | "rollback";
  /** How long a step may last beyond its pause. */
  maxHoldSeconds: number;
  warmUpSeconds: number;
}

/**
 * The settings of every service in the order of deployment.
 *
 * The more specific wins: built-in default, then the environment, then the service of the project,
 * then the service in the environment.
 */
export function resolve(project: ProjectConfig, environment: EnvironmentConfig): ServiceSettings[] {
  return deploymentOrder(project.services).map((service) => {
    const here = environment.services[service.name] ?? {};
    const port = here.port ?? service.port;
    return {
      name: service.name,
      path: service.path,
      tier: service.tier,
      dependsOn: service.dependsOn,
      command: service.command,
      ...(port === undefined ? {} : { port }),
      environment: { ...service.environment, ...here.environment },
      secrets: service.secrets,
      build: service.build,
      smoke: service.smoke,
      strategy: here.strategy ?? environment.strategy,
      replicas: here.replicas ?? environment.replicas,
      resources: {
        limits: amounts(environment.resources?.limits, here.resources?.limits),
        requests: amounts(environment.resources?.requests, here.resources?.requests),
      },
      healthCheck: healthCheckOf(environment.healthCheck, service.healthCheck, here.healthCheck),
      canary: canarySettingsOf(environment, service.name),
    };
  });
}

/**
 * The conditions that end a release in this environment: its own, and the default for each metric that they do
 * not speak about. `autoRollback.enabled` decides whether it then goes back or is held for a person.
 */
export const guardsOf = ({ autoRollback }: EnvironmentConfig): Bound[] =>
  withDefaultGuards(autoRollback.conditions);

/** The canary of a service in this environment, or what holds for every service that says nothing of its own. */
export function canarySettingsOf(environment: EnvironmentConfig, service?: string): CanarySettings {
  const here = service === undefined ? undefined : environment.services[service];
  const replicas = here?.replicas ?? environment.replicas;
  return canaryOf(environment.canary, here?.canary, replicas, guardsOf(environment));
}

type Written = { cpu?: number; memory?: number } | undefined;
function amounts(base: Written, override: Written): Amounts {
  const { cpu, memory } = { ...base, ...override };
  return {
    ...(cpu === undefined ? {} : { cpuMillicores: cpu }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  };
}

function healthCheckOf(
  base: HealthCheck,
  ...overrides: (Partial<HealthCheck> | undefined)[]
): HealthCheckSettings {
  const check: HealthCheck = Object.assign({}, base, ...overrides);
  return {
    path: check.path,
    initialDelaySeconds: check.initialDelay,
    timeoutSeconds: check.timeout,
    intervalSeconds: check.interval,
    retries: check.retries,
    failureThreshold: check.failureThreshold,
    startTimeoutSeconds:
      check.initialDelay + check.retries * check.timeout + (check.retries - 1) * check.interval,
  };
}

function canaryOf(
  base: Canary,
  override: CanaryOverride | undefined,
  replicas: number,
  guards: Bound[],
): CanarySettings {
  const named = override?.steps || override?.preset ? override : base;
  const steps: readonly CanaryStep[] = named.steps ?? canaryPresets[named.preset ?? "standard"];
  const { testers, darkLaunch, mirror, sticky, shared } = { ...base, ...override };
  const routing: CanarySettings["routing"] = {
    ...(testers ? { testers } : {}),
    ...(mirror && darkLaunch ? { mirrorPercent: mirror } : {}),
    ...(sticky ? { isSticky: true } : {}),
  };
  return {
    steps: steps.map(({ weight, pause, replicas: part }) => ({
      weightPercent: weight,
      ...pauseOf(pause),
      ...(part ? { replicas: countOf(part, replicas) } : {}),
    })),
    ...(darkLaunch === undefined ? {} : { darkLaunch: pauseOf(darkLaunch) }),
    ...(Object.keys(routing).length > 0 ? { routing } : {}),
    ...(shared ? { isShared: true } : {}),
    analysis: analysisOf({ ...base.analysis, ...override?.analysis }, guards),
  };
}

/** A pause as a program counts it. */
export const pauseOf = (pause: number | "manual"): PauseSettings =>
  pause === "manual" ? { pauseSeconds: 0, isManual: true } : { pauseSeconds: pause };

/** How many of `all` an amount is, at least one. */
export const countOf = (amount: Amount, all: number): number =>
  "count" in amount ? amount.count : Math.max(1, Math.ceil((amount.percent * all) / 100 - 1e-9));

function analysisOf(analysis: Analysis, guards: Bound[]): AnalysisSettings {
  return {
    intervalSeconds: analysis.interval,
    failureThreshold: analysis.threshold,
    gates: analysis.metrics.flatMap((metric) => (isOwnMetric(metric) ? (metric.gate ?? []) : [metric])),
    guards: conditionsFor(analysis.conditions, guards),
    pages: analysis.alerts.conditions,
    ...(analysis.alerts.url === undefined
      ? {}
      : { alerts: { url: analysis.alerts.url, severity: analysis.alerts.severity } }),
    metrics: analysis.metrics.filter(isOwnMetric),
    metricsPath: analysis.metricsPath,
    ...(analysis.latencyObjective === undefined
      ? {}
      : { latencyObjectiveMilliseconds: analysis.latencyObjective }),
    alpha: analysis.alpha / 100,
    beta: analysis.beta / 100,
    toleratedRatio: 1 + analysis.tolerance / 100,
    harmfulRatio: 1 + analysis.harm / 100,
    minRequests: analysis.minRequests,
    noData: analysis.noData,
    maxHoldSeconds: analysis.maxHold,
    warmUpSeconds: analysis.warmUp,
  };
}

/** The conditions of a service: its own, and those of the environment for metrics that these do not speak about. */
function conditionsFor(own: readonly Condition[], guards: readonly Bound[]): Bound[] {
  const nameOf = ({ metric, percentile, isRelative }: Bound) =>
    `${metric} ${percentile ?? ""} ${isRelative ?? false}`;
  const spokenOf = new Set(own.map(nameOf));
  return [...own, ...guards.filter((guard) => !spokenOf.has(nameOf(guard)))];
}
