import { formatDuration, formatPercent, type Region, type ServiceSettings, tiers } from "@sluice/config";
import type { PlannedStage, PlannedStep } from "@sluice/documents";
import type { PlanInput, Running } from "./input.ts";
import { count, stage, step } from "./step.ts";

/** The deployment: tier by tier, service by service, region by region where there are regions. */
export function deployStage(input: PlanInput, services: readonly ServiceSettings[]): PlannedStage {
  const regions = plannedRegions(input);
  if (regions.length === 0) return stage("deploy", deployEverything(input, services, "deploy"));
  return stage(
    "deploy",
    regions.flatMap((region) => [
      ...deployEverything(input, services, `deploy/${region.name}`),
      step(`deploy/${region.name}/wait`, regionWait(region), { seconds: region.waitTime }),
    ]),
  );
}

/** Regions that the target has; this machine is one place whatever the configuration says. */
export const plannedRegions = ({ environment }: PlanInput): Region[] =>
  environment.target === "local" ? [] : (environment.regions ?? []);

const regionWait = ({ name, role, weight, waitTime }: Region): string =>
  `watch ${role} region ${name} (${formatPercent(weight)} of the traffic) for ${formatDuration(waitTime)}`;

function deployEverything(
  input: PlanInput,
  services: readonly ServiceSettings[],
  prefix: string,
): PlannedStep[] {
  return tiers.flatMap((tier) => {
    const inTier = services.filter((service) => service.tier === tier);
    if (inTier.length === 0) return [];
    return [
      ...inTier.flatMap((service) => deployService(input, service, `${prefix}/${service.name}`)),
      step(`${prefix}/${tier}-healthy`, `go on when every ${tier} service is healthy`),
    ];
  });
}

function deployService(input: PlanInput, service: ServiceSettings, prefix: string): PlannedStep[] {
  const { version } = input.request;
  const old = oldVersion(input.running, service.name);
  const say = (id: string, action: string, seconds = 0) =>
    step(`${prefix}/${id}`, action, { service: service.name, seconds });
  if (old === version) return [say("unchanged", `leave ${service.name} as it is: it runs ${version}`)];
  if (old === null) return firstVersion(service, version, say);
  const name = service.name;
  const delay = service.healthCheck.initialDelaySeconds;
  const keep = input.environment.keepOldFor;
  const stopOld = [
    ...(keep > 0
      ? [say("keep-old", `keep ${old} of ${name} running for ${formatDuration(keep)}`, keep)]
      : []),
    say("stop-old", `stop ${old} of ${name} after the requests it is answering`),
  ];
  switch (service.strategy) {
    case "recreate":
      return [
        say("stop-old", `stop ${old} of ${name}; ${name} is down until the new version is ready`),
        ...firstVersion(service, version, say),
      ];
    case "rolling":
      return rollingSteps(input, service, say);
    case "bluegreen": {
      const { testDuration, rollbackOnError } = input.environment.trafficSwitch;
      const otherwise = rollbackOnError ? "; switch back when something is wrong" : "";
      return [
        say(
          "start",
          `start ${count(service.replicas, "replica")} of ${name} ${version} beside ${old}`,
          delay,
        ),
        ...(input.environment.trafficSwitch.steps ?? [])
          .filter(({ weight }) => weight < 100)
          .map(({ weight, pause }) =>
            say(
              `weight-${weight}`,
              `route ${weight} % of ${name} to ${version}${pause > 0 ? ` for ${formatDuration(pause)}` : ""}`,
              pause,
            ),
          ),
        say("switch", `route 100 % of ${name} to ${version}`),
        ...(testDuration > 0
          ? [
              say(
                "test",
                `watch ${name} ${version} for ${formatDuration(testDuration)}${otherwise}`,
                testDuration,
              ),
            ]
          : []),
        ...stopOld,
      ];
    }
    case "canary":
      return [
        say("start", `start ${name} ${version} beside ${old}, without traffic`, delay),
        ...canarySteps(service, version, say),
        ...stopOld,
      ];
  }
}

function rollingSteps(
  { environment, request }: PlanInput,
  service: ServiceSettings,
  say: Say,
): PlannedStep[] {
  const { name, replicas, healthCheck } = service;
  const { batchSize, pause } = environment.rolling;
  const watched = pause > 0 ? `, then watch for ${formatDuration(pause)}` : "";
  return Array.from({ length: Math.ceil(replicas / batchSize) }, (_, index) => {
    const last = Math.min((index + 1) * batchSize, replicas);
    const which =
      last === index * batchSize + 1 ? `replica ${last}` : `replicas ${index * batchSize + 1}–${last}`;
    return say(
      `batch-${index + 1}`,
      `replace ${which} of ${replicas} of ${name} by ${request.version}, old ones when the new ones are healthy${watched}`,
      healthCheck.initialDelaySeconds + pause,
    );
  });
}

type Say = (id: string, action: string, seconds?: number) => PlannedStep;

function canarySteps({ name, canary }: ServiceSettings, version: string, say: Say): PlannedStep[] {
  const every = formatDuration(canary.analysis.intervalSeconds);
  return canary.steps.map(({ weightPercent, pauseSeconds }) => {
    const judged =
      pauseSeconds > 0
        ? `, judge every ${every} for at least ${formatDuration(pauseSeconds)}`
        : weightPercent < 100
          ? `, judge every ${every}`
          : "";
    return say(
      `weight-${weightPercent}`,
      `route ${weightPercent} % of ${name} to ${version}${judged}`,
      pauseSeconds,
    );
  });
}

function firstVersion(
  { name, replicas, healthCheck }: ServiceSettings,
  version: string,
  say: Say,
): PlannedStep[] {
  return [
    say(
      "start",
      `start ${count(replicas, "replica")} of ${name} ${version}`,
      healthCheck.initialDelaySeconds,
    ),
    say("route", `route 100 % of ${name} to ${version} when they are healthy`),
  ];
}

/** The version that serves now: its name, null when there is none, "the running version" when nobody asked. */
export function oldVersion(running: Running | undefined, service: string): string | null {
  if (running === undefined || running[service] === undefined) return running ? null : "the running version";
  return running[service]?.version ?? null;
}
