import { type EnvironmentConfig, pauseOf, type ServiceSettings } from "@sluice/config";
import {
  canonicalJson,
  digestOf,
  Refusal,
  type ReleaseService,
  type Strategy,
  type StrategySetting,
} from "@sluice/documents";
import { strategyForChange } from "@sluice/plan";
import type { VersionSpec } from "@sluice/ports";
import type { RolloutSpec, StepShape } from "@sluice/rollout";
import { urlVariables } from "@sluice/verification";
import type { Context } from "./context.ts";

/** What is rolled out: the settings of a service together with what the build made of it. */
export interface ServiceRelease {
  settings: ServiceSettings;
  version: string;
  artifact: ReleaseService["artifact"];
  /** Instead of the configured strategy. */
  strategy?: StrategySetting;
}

/**
 * The specification of a rollout. Its id is the same in every run that asks for the same, so that a second run goes
 * on; where the dependencies of the service are is looked up each time and is no part of the id.
 */
export async function rolloutSpecOf(
  context: Pick<Context, "environment" | "files" | "labels" | "signal" | "target" | "variables">,
  { settings, version, artifact, strategy }: ServiceRelease,
): Promise<RolloutSpec> {
  const { trafficSwitch, keepOldFor, autoRollback, rollbackWindow } = context.environment;
  const { analysis, routing } = settings.canary;
  const chosen = await strategyOf(context, { settings, version, strategy });
  const spec: Omit<RolloutSpec, "id" | "secrets"> = {
    ...stepShapeOf(context, settings, chosen),
    service: settings.name,
    version: versionSpecOf(settings, version, artifact),
    ...(routing && chosen === "canary" ? { routing } : {}),
    ...(rollbackWindow ? { rollbackWindow } : {}),
    keepOldForSeconds: keepOldFor,
    onBadRelease: isTakenBack({ strategy: chosen, autoRollback, trafficSwitch }) ? "rollback" : "hold",
    onInconclusive: analysis.noData,
    maxHoldSeconds: analysis.maxHoldSeconds,
    startTimeoutSeconds: settings.healthCheck.startTimeoutSeconds,
  };
  const environment = { ...(await dependencyUrls(context, settings)), ...settings.environment };
  return {
    ...spec,
    version: { ...spec.version, environment },
    id: `${settings.name}/${version}/${identityOf(spec)}`,
    secrets: secretsFor(context, settings),
    lookedUp: addressVariables(settings),
  };
}

/** What the steps of a rollout follow from, as the configuration has it; keys that say nothing are absent. */
export function stepShapeOf(
  { environment: { rolling, trafficSwitch } }: Pick<Context, "environment">,
  { replicas, canary: { steps, darkLaunch } }: ServiceSettings,
  strategy: Strategy,
): StepShape {
  return {
    strategy,
    version: { replicas },
    steps: steps.map(({ weightPercent, ...step }) => ({ weight: weightPercent, ...step })),
    ...(darkLaunch && strategy === "canary" ? { darkLaunch } : {}),
    rolling: { batchSize: rolling.batchSize, pauseSeconds: rolling.pause },
    bluegreen: {
      ...(trafficSwitch.steps
        ? { switchSteps: trafficSwitch.steps.map(({ weight, pause }) => ({ weight, ...pauseOf(pause) })) }
        : {}),
      testDurationSeconds: trafficSwitch.testDuration,
    },
  };
}

/** The values of those variables, as far as the target knows where the services are. */
async function dependencyUrls(
  { target: { target }, signal }: Pick<Context, "target" | "signal">,
  settings: ServiceSettings,
): Promise<Record<string, string>> {
  const found = urlVariables(
    await Promise.all(
      settings.dependsOn.map(async (name) => ({ name, url: (await target.observe(name, signal)).url })),
    ),
  );
  const wanted = addressVariables(settings);
  return Object.fromEntries(Object.entries(found).filter(([variable]) => wanted.includes(variable)));
}

/** `ORDERS_URL` and so on for the services in `dependsOn`, as far as the configuration does not say it itself. */
export const addressVariables = ({ dependsOn, environment, secrets }: ServiceSettings): string[] =>
  Object.keys(urlVariables(dependsOn.map((name) => ({ name, url: "" })))).filter(
    (variable) => !Object.hasOwn(environment, variable) && !secrets.includes(variable),
  );

/** A version as the configuration has it; what is looked up on the target is missing. */
export function versionSpecOf(
  settings: ServiceSettings,
  version: string,
  artifact: VersionSpec["artifact"],
): VersionSpec {
  const { path, initialDelaySeconds, timeoutSeconds, intervalSeconds, failureThreshold } =
    settings.healthCheck;
  return {
    version,
    artifact,
    replicas: settings.replicas,
    environment: settings.environment,
    secrets: settings.secrets,
    command: settings.command,
    healthCheck: { path, initialDelaySeconds, timeoutSeconds, intervalSeconds, failureThreshold },
    ...(settings.port === undefined ? {} : { port: settings.port }),
  };
}

/** What makes two requests the same: everything but the place where the artifact lies and the tags that it has. */
function identityOf(spec: Omit<RolloutSpec, "id" | "secrets">): string {
  const version = { ...spec.version, artifact: spec.version.artifact.digest };
  return digestOf(canonicalJson({ ...spec, version })).slice("sha256:".length, 19);
}

/** The strategy by which a service goes out, as its target and the request have it. */
export async function strategyOf(
  { target: { target }, signal, labels }: Pick<Context, "target" | "signal" | "labels">,
  service: Pick<ServiceRelease, "settings" | "version" | "strategy">,
): Promise<Strategy> {
  const { settings, version } = service;
  const named = service.strategy ?? settings.strategy;
  if (named !== "auto") return named;
  const { stable, rollout } = await target.observe(settings.name, signal);
  return strategyFrom(rollout?.to === version ? rollout.from : stable, service, labels);
}

/**
 * The same where it is known already what a service comes from. `auto` is decided by what ran when the rollout began, so
 * that a second run decides the same.
 *
 * @param from the version that ran then; null where none did
 */
export function strategyFrom(
  from: string | null,
  { settings, version, strategy }: Pick<ServiceRelease, "settings" | "version" | "strategy">,
  labels: readonly string[],
): Strategy {
  const named = strategy ?? settings.strategy;
  return named === "auto" ? strategyForChange(from, version, labels).strategy : named;
}

/** Whether a bad release goes back by itself, or waits for a person. */
const isTakenBack = ({
  strategy,
  autoRollback,
  trafficSwitch,
}: { strategy: Strategy } & Pick<EnvironmentConfig, "autoRollback" | "trafficSwitch">): boolean =>
  autoRollback.enabled && (strategy !== "bluegreen" || trafficSwitch.rollbackOnError);

/**
 * Values of the secret variables that a service uses.
 *
 * @throws Refusal `config.input-invalid` naming those that are not set
 */
export function secretsFor(
  context: Pick<Context, "files" | "variables">,
  settings: ServiceSettings,
): Record<string, string> {
  const missing = settings.secrets.filter((name) => !context.variables[name]);
  if (missing.length > 0)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `The service ${settings.name} needs ${missing.join(", ")}, which ${missing.length === 1 ? "is" : "are"} not set.`,
      remedy:
        "Set it in the environment of the command; in a workflow under `env:` of the step, or as a line of its input `secrets` (`SLUICE_SECRETS` of the reusable workflows).",
      location: { file: context.files.project, key: "services" },
    });
  return Object.fromEntries(settings.secrets.map((name) => [name, context.variables[name] ?? ""]));
}
