import { formatDuration } from "@sluice/config";
import type { PlannedStage, Problem } from "@sluice/documents";
import { oldVersion, sharingOf } from "./deployment.ts";
import type { PlanInput, PlannedSettings } from "./input.ts";
import { namesTogether } from "./shared-steps.ts";
import { sumOfWaits } from "./step.ts";

/** What is worth knowing before a plan is approved; of severity `error` what makes it impossible. */
export function warningsOf(
  input: PlanInput,
  services: readonly PlannedSettings[],
  stages: readonly PlannedStage[],
): Problem[] {
  return [
    ...services.flatMap((service) => canaryWarnings(input, service)),
    ...services.flatMap((service) => manualSteps(input, service)),
    ...shortcutsTaken(input, services),
    ...stepsApart(input, services),
    ...tooLong(input, stages),
    ...oldGoneTooSoon(input, services),
    ...configuredOtherwise(input, services),
    ...nothingToDo(input, services),
    ...regionsWithoutEffect(input),
    ...firstVersions(input, services),
  ];
}

const at = (input: PlanInput, key: string): Pick<Problem, "location"> =>
  input.file === undefined ? {} : { location: { file: input.file, key } };

function canaryWarnings(input: PlanInput, service: PlannedSettings): Problem[] {
  const old = oldVersion(input.running, service.name);
  if (service.strategy !== "canary" || old === null || old === input.request.version) return [];
  const override = input.environment.services[service.name]?.canary;
  const own = `services.${service.name}.canary`;
  const section = override?.steps || override?.preset ? own : "canary";
  const { steps, analysis, routing } = service.canary;
  const refused = routing ? (input.routingRefusals?.(routing) ?? []) : [];
  const beside = refused.map(
    (why): Problem => ({
      severity: "error",
      reasonCode: "plan.routing-refused",
      message: `${service.name} cannot be rolled out as its canary asks for: ${why}.`,
      remedy: "Remove `testers`, `mirror` or `sticky` from the canary, or use a router that can do it.",
      ...at(input, override?.testers || override?.mirror || override?.sticky ? own : "canary"),
    }),
  );
  const inSteps = steps.flatMap(({ weightPercent, pauseSeconds }, index): Problem[] => {
    const refusal = weightPercent < 100 ? input.routerRefuses?.(weightPercent) : null;
    const problems: Problem[] = [];
    if (refusal)
      problems.push({
        severity: "error",
        reasonCode: "plan.weight-refused",
        message: `${service.name} cannot get ${weightPercent} % of its traffic to ${input.request.version}: ${refusal}`,
        remedy: "Use a step that the router can do, more replicas, or a router that splits by weight.",
        ...at(input, `${section}.steps[${index}].weight`),
      });
    if (pauseSeconds > 0 && pauseSeconds < analysis.intervalSeconds)
      problems.push({
        severity: "warning",
        reasonCode: "plan.step-unwatched",
        message: `The step of ${service.name} to ${weightPercent} % pauses for ${formatDuration(pauseSeconds)}, shorter than the interval of the analysis (${formatDuration(analysis.intervalSeconds)}): it waits for one evaluation all the same.`,
        remedy: "Shorten `canary.analysis.interval` or lengthen the pause.",
        ...at(input, `${section}.steps[${index}].pause`),
      });
    return problems;
  });
  return [...beside, ...inSteps];
}

/** Steps that last until a person promotes them: nobody should be surprised that the run waits. */
function manualSteps(input: PlanInput, service: PlannedSettings): Problem[] {
  const old = oldVersion(input.running, service.name);
  if (old === null || old === input.request.version || input.shortcuts?.[service.name]) return [];
  const steps = stepsThatWait(input, service);
  if (steps.length === 0) return [];
  return [
    {
      severity: "notice",
      reasonCode: "plan.waits-for-person",
      message: `The rollout of ${service.name} waits ${steps.join(" and ")} until a person promotes it; the job ends after ${formatDuration(input.environment.limits.jobTimeout)} at the latest, and the traffic goes back then.`,
      remedy:
        "`sluice promote` goes on. `sluice halt` ends the run and leaves the traffic as it is: the next deployment of the version goes on from there.",
      ...at(input, service.strategy === "canary" ? "canary" : "trafficSwitch.steps"),
    },
  ];
}

function stepsThatWait({ environment }: PlanInput, { strategy, canary }: PlannedSettings): string[] {
  if (strategy === "bluegreen")
    return (environment.trafficSwitch.steps ?? []).flatMap(({ weight, pause }) =>
      pause === "manual" ? [`at ${weight} %`] : [],
    );
  if (strategy !== "canary") return [];
  return [
    ...(canary.darkLaunch?.isManual ? ["before its first step"] : []),
    ...canary.steps.flatMap(({ weightPercent, isManual }) => (isManual ? [`at ${weightPercent} %`] : [])),
  ];
}

function shortcutsTaken(input: PlanInput, services: readonly PlannedSettings[]): Problem[] {
  return services.flatMap(({ name, strategy }): Problem[] => {
    const why = input.shortcuts?.[name];
    if (!why || (strategy !== "canary" && strategy !== "bluegreen")) return [];
    return [
      {
        severity: "notice",
        reasonCode: "plan.steps-skipped",
        message: `${name}: ${why}`,
        remedy:
          "A build that differs from the one of then takes every step. Remove `rollbackWindow` to take them always.",
        ...at(input, "rollbackWindow"),
      },
    ];
  });
}

/** Services that were to share their steps and do not; where none does, the key has no effect. */
function stepsApart(input: PlanInput, services: readonly PlannedSettings[]): Problem[] {
  const willing = services.filter(({ name, canary }) => {
    const old = oldVersion(input.running, name);
    return canary.isShared && old !== null && old !== input.request.version;
  });
  if (willing.length === 0) return [];
  const sharing = sharingOf(input, services);
  if (namesTogether(sharing).length > 0)
    return sharing.apart.map(({ name, why }) => ({
      severity: "notice",
      reasonCode: "plan.steps-apart",
      message: `${name} does not take its steps together with others: ${why}.`,
      remedy: "It goes on its own, before or after them.",
      ...at(input, "canary.shared"),
    }));
  const isRequestedAlone = input.request.services !== undefined && willing.length === 1;
  if (isRequestedAlone) return [];
  const why =
    sharing.apart.length > 0
      ? sharing.apart.map((one) => `${one.name} goes on its own, as ${one.why}`).join("; ")
      : "no two services of one tier change that ask for it";
  return [
    {
      severity: "warning",
      reasonCode: "config.no-effect",
      message: `\`canary.shared\` has no effect here: ${why}.`,
      remedy:
        "Services of one tier that do not need one another take their steps together by strategy `canary` with the same weights; or remove the key.",
      ...at(input, "canary.shared"),
    },
  ];
}

function tooLong(input: PlanInput, stages: readonly PlannedStage[]): Problem[] {
  const waits = sumOfWaits(stages);
  const { jobTimeout, expectedDuration = Number.POSITIVE_INFINITY } = input.environment.limits;
  const sum = `The waits of the plan sum to ${formatDuration(waits)}`;
  if (waits >= jobTimeout)
    return [
      {
        severity: "error",
        reasonCode: "plan.too-long",
        message: `${sum}, and the job may take ${formatDuration(jobTimeout)}.`,
        remedy:
          "Shorten pauses or the watch, deploy fewer services at once, or raise `limits.jobTimeout` on a runner that allows it.",
        ...at(input, "limits.jobTimeout"),
      },
    ];
  if (waits <= expectedDuration) return [];
  return [
    {
      severity: "warning",
      reasonCode: "plan.slower-than-expected",
      message: `${sum}, and a deployment is expected to take ${formatDuration(expectedDuration)}.`,
      remedy: "Shorten pauses or the watch, or expect more in `limits.expectedDuration`.",
      ...at(input, "limits.expectedDuration"),
    },
  ];
}

/** The same version in another configuration would come to all users at once, unjudged; the deployment refuses it. */
function configuredOtherwise(input: PlanInput, services: readonly PlannedSettings[]): Problem[] {
  return services.flatMap(({ name }): Problem[] => {
    const keys = input.differences?.[name];
    if (!keys) return [];
    const section = keys[0]!.split(".")[0]!;
    const isOwn = Object.hasOwn(input.environment.services[name] ?? {}, section);
    return [
      {
        severity: "error",
        reasonCode: "deploy.configuration-differs",
        message: `${name} runs ${input.request.version} already, in another configuration: ${keys.join(", ")} ${keys.length === 1 ? "differs" : "differ"}.`,
        remedy:
          "Give the release a version of its own (`--version`, a new tag or commit), so that it is judged like any release.",
        ...(isOwn ? at(input, `services.${name}.${section}`) : {}),
      },
    ];
  });
}

function nothingToDo(input: PlanInput, services: readonly PlannedSettings[]): Problem[] {
  const { version } = input.request;
  if (!services.every(({ name }) => oldVersion(input.running, name) === version)) return [];
  if (services.some(({ name }) => input.differences?.[name])) return [];
  return [
    {
      severity: "notice",
      reasonCode: "plan.unchanged",
      message: `Every service runs ${version} already.`,
      remedy: "Nothing is rolled out; name another version to change something.",
    },
  ];
}

function regionsWithoutEffect(input: PlanInput): Problem[] {
  if (input.environment.target !== "local" || !input.environment.regions) return [];
  return [
    {
      severity: "warning",
      reasonCode: "config.no-effect",
      message:
        "The local target is one place: the regions of the environment are not deployed one after the other.",
      remedy: "Name the target that has the regions, or remove `regions`.",
      ...at(input, "regions"),
    },
  ];
}

function firstVersions(input: PlanInput, services: readonly PlannedSettings[]): Problem[] {
  const first = services
    .filter(({ name }) => oldVersion(input.running, name) === null)
    .map(({ name }) => name);
  if (first.length === 0) return [];
  return [
    {
      severity: "notice",
      reasonCode: "plan.no-rollback",
      message: `Nothing runs yet of ${first.join(", ")}: there is no earlier version to go back to or to compare with.`,
      remedy: "A failure of the release stops it; users have no older version then.",
    },
  ];
}

/** The watch goes back within seconds only while the old version still runs. */
function oldGoneTooSoon(input: PlanInput, services: readonly PlannedSettings[]): Problem[] {
  const { watch, keepOldFor, autoRollback } = input.environment;
  if (!autoRollback.enabled || keepOldFor >= watch.duration) return [];
  const affected = services.filter(
    ({ name, strategy }) =>
      (strategy === "bluegreen" || strategy === "canary") &&
      ![null, input.request.version].includes(oldVersion(input.running, name)),
  );
  if (affected.length === 0) return [];
  return [
    {
      severity: "warning",
      reasonCode: "plan.old-gone-too-soon",
      message: `The new version is watched for ${formatDuration(watch.duration)}, and the old one runs for ${formatDuration(keepOldFor)} of that: to go back later, it has to be started again.`,
      remedy: `Write \`keepOldFor: ${formatDuration(watch.duration)}\` or more; what it costs is the old replicas for that time.`,
      ...at(input, "keepOldFor"),
    },
  ];
}
