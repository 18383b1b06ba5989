import {
  formatDuration,
  formatPercent,
  type PauseSettings,
  pauseOf,
  type Region,
  tiers,
} from "@sluice/config";
import type { PlannedStage, PlannedStep } from "@sluice/documents";
import type { PlanInput, PlannedSettings, Running } from "./input.ts";
import { inOneBreath, namesTogether, type SharedSteps, type Sharing, sharedSteps } from "./shared-steps.ts";
import { count, stage, step } from "./step.ts";

/** The deployment: tier by tier, service by service, region by region where there are regions. */
export function deployStage(input: PlanInput, services: readonly PlannedSettings[]): PlannedStage {
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
  services: readonly PlannedSettings[],
  prefix: string,
): PlannedStep[] {
  return tiers.flatMap((tier) => {
    const inTier = services.filter((service) => service.tier === tier);
    if (inTier.length === 0) return [];
    return [
      ...sharingOf(input, inTier).groups.flatMap((group) => deployTogether(input, group, prefix)),
      step(`${prefix}/${tier}-healthy`, `go on when every ${tier} service is healthy`),
    ];
  });
}

/** Who takes the steps of a canary together, as far as what runs tells before it begins. */
export function sharingOf(
  { running, request, shortcuts }: PlanInput,
  services: readonly PlannedSettings[],
): SharedSteps<PlannedSharing> {
  return sharedSteps(
    services.map((settings) => {
      const old = oldVersion(running, settings.name);
      return {
        settings,
        strategy: settings.strategy,
        isUnchanged: old === request.version,
        isFirst: old === null,
        isWithoutSteps: shortcuts?.[settings.name] !== undefined,
      };
    }),
  );
}

type PlannedSharing = Sharing & { settings: PlannedSettings };

/** A service, or a group whose steps come at the same time: only the longest wait of each row counts. */
function deployTogether(input: PlanInput, group: readonly PlannedSharing[], prefix: string): PlannedStep[] {
  const stepsOf = ({ settings }: PlannedSharing) =>
    deployService(input, settings, `${prefix}/${settings.name}`);
  const [names] = namesTogether({ groups: [[...group]] });
  if (!names) return group.flatMap(stepsOf);
  const changing = group.filter(({ isUnchanged }) => !isUnchanged);
  const lists = changing.map(stepsOf);
  const kindOf = ({ id }: PlannedStep) => id.split("/").at(-1)!;
  const kinds = [...new Set(lists.flatMap((steps) => steps.map(kindOf)))];
  const rows = kinds.map((kind) => lists.flatMap((steps) => steps.filter((one) => kindOf(one) === kind)));
  return [
    ...group.filter(({ isUnchanged }) => isUnchanged).flatMap(stepsOf),
    step(
      `${prefix}/together-${names.join("-")}`,
      `take the steps of ${inOneBreath(names)} together: none goes on before all of them may, and when one goes back all of them do`,
    ),
    ...rows.flatMap((row) => {
      const longest = Math.max(...row.map(({ waitSeconds }) => waitSeconds));
      return row.map((one, index) => ({ ...one, waitSeconds: index === row.length - 1 ? longest : 0 }));
    }),
  ];
}

function deployService(input: PlanInput, service: PlannedSettings, prefix: string): PlannedStep[] {
  const { version } = input.request;
  const old = oldVersion(input.running, service.name);
  const say = (id: string, action: string, seconds = 0) =>
    step(`${prefix}/${id}`, action, { service: service.name, seconds });
  if (old === version) {
    const how = input.differences?.[service.name] ? ", in another configuration" : "";
    return [say("unchanged", `leave ${service.name} as it is: it runs ${version}${how}`)];
  }
  if (old === null) return firstVersion(service, version, say);
  const name = service.name;
  const delay = service.healthCheck.initialDelaySeconds;
  const keep = input.environment.keepOldFor;
  const watched = input.environment.watch.duration;
  const stopOld = [
    ...(keep > 0
      ? [
          say(
            "keep-old",
            `keep ${old} of ${name} running for ${formatDuration(keep)}${watched > 0 ? `, while ${version} is watched` : ""}`,
            // The watch is a stage of its own and has its own time in the plan.
            Math.max(0, keep - watched),
          ),
        ]
      : []),
    say("stop-old", `stop ${old} of ${name} after the requests it is answering`),
  ];
  const start = say(
    "start",
    service.strategy === "canary"
      ? `start ${name} ${version} beside ${old}, without traffic`
      : `start ${count(service.replicas, "replica")} of ${name} ${version} beside ${old}`,
    delay,
  );
  const shortcut = input.shortcuts?.[name];
  if (shortcut && (service.strategy === "canary" || service.strategy === "bluegreen"))
    return [
      start,
      say("switch", `route 100 % of ${name} to ${version} without steps: ${shortcut}`),
      ...stopOld,
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
      const { testDuration, rollbackOnError, preSwitchTests } = input.environment.trafficSwitch;
      const otherwise = rollbackOnError ? "; switch back when something is wrong" : "";
      return [
        start,
        say("check", `check ${name} ${version} at an address of its own`),
        ...preSwitchTests.map((test) =>
          say(`test-${test}`, `run the ${test} tests against ${name} ${version} before it gets traffic`),
        ),
        ...(input.environment.trafficSwitch.steps ?? [])
          .filter(({ weight }) => weight < 100)
          .map(({ weight, pause }) =>
            say(
              `weight-${weight}`,
              `route ${weight} % of ${name} to ${version}${lasting(pauseOf(pause), " for ")}`,
              pauseOf(pause).pauseSeconds,
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
      return [start, ...darkLaunch(service, version, say), ...canarySteps(service, version, say), ...stopOld];
  }
}

function rollingSteps(
  { environment, request }: PlanInput,
  service: PlannedSettings,
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
      `replace ${which} of ${replicas} of ${name} by ${request.version}, old ones when the new ones are healthy${watched}, and check it`,
      healthCheck.initialDelaySeconds + pause,
    );
  });
}

type Say = (id: string, action: string, seconds?: number) => PlannedStep;

/** How long a step lasts on purpose, in words; nothing where it does not. */
const lasting = ({ pauseSeconds, isManual }: PauseSettings, before: string): string =>
  isManual
    ? " until a person promotes it"
    : pauseSeconds > 0
      ? `${before}${formatDuration(pauseSeconds)}`
      : "";

/** The time in which the new version runs without users. */
function darkLaunch({ name, canary }: PlannedSettings, version: string, say: Say): PlannedStep[] {
  const { darkLaunch: dark, routing } = canary;
  const { testers, mirrorPercent } = routing ?? {};
  const whom = testers
    ? `requests with ${"header" in testers ? `the header ${testers.header}` : `the cookie ${testers.cookie}`}`
    : "no user";
  if (!dark)
    return testers
      ? [say("testers", `route ${whom} to ${version} of ${name} as long as it is rolled out`)]
      : [];
  const copies = mirrorPercent ? `, and copies of ${formatPercent(mirrorPercent)} of the safe requests` : "";
  return [
    say(
      "dark",
      `run ${version} of ${name} for ${whom}${copies}${lasting(dark, ", for ")}`,
      dark.pauseSeconds,
    ),
  ];
}

function canarySteps({ name, canary }: PlannedSettings, version: string, say: Say): PlannedStep[] {
  const every = formatDuration(canary.analysis.intervalSeconds);
  return canary.steps.map(({ weightPercent, pauseSeconds, isManual, replicas }) => {
    const judged =
      pauseSeconds > 0 || isManual || weightPercent < 100
        ? `, judge every ${every}${lasting({ pauseSeconds, ...(isManual ? { isManual } : {}) }, " for at least ")}`
        : "";
    const on = replicas === undefined ? "" : ` on ${count(replicas, "replica")}`;
    return say(
      `weight-${weightPercent}`,
      `route ${weightPercent} % of ${name} to ${version}${on}${judged}`,
      pauseSeconds,
    );
  });
}

function firstVersion(
  { name, replicas, healthCheck }: PlannedSettings,
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
