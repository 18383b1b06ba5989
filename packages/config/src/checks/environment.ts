import { countOf } from "../resolve.ts";
import type { CanaryOverride } from "../schema/canary.ts";
import type { EnvironmentConfig, Resources } from "../schema/environment.ts";
import type { CanaryStep, SwitchStep } from "../schema/steps.ts";
import { formatDuration } from "../units.ts";
import type { Path } from "../yaml.ts";
import { error, type Finding, warning } from "./finding.ts";

/**
 * What the values of an environment say together.
 *
 * @param written the file as it is, before defaults: a key that has no effect is only worth a word when it is there
 */
export function checkEnvironment(
  config: Omit<EnvironmentConfig, "environment">,
  written: Readonly<Record<string, unknown>>,
): Finding[] {
  return [
    ...checkCanary(config.canary, config.replicas, ["canary"]),
    ...checkResources(config.resources, ["resources"]),
    ...Object.entries(config.services).flatMap(([name, service]) => [
      ...checkCanary(service.canary, service.replicas ?? config.replicas, ["services", name, "canary"]),
      ...checkResources(service.resources, ["services", name, "resources"]),
    ]),
    ...checkWeights(config.trafficSwitch.steps ?? [], ["trafficSwitch", "steps"]),
    ...checkRegions(config.regions ?? []),
    ...checkWatch(config.watch),
    ...keysWithoutEffect(config, written),
  ];
}

function checkCanary(canary: CanaryOverride | undefined, replicas: number, path: Path): Finding[] {
  if (!canary) return [];
  const findings: Finding[] = [];
  if (canary.preset && canary.steps)
    findings.push(
      error("config.contradiction", [...path, "preset"], "is there beside `steps`", "Keep one of them."),
    );
  findings.push(...checkWeights(canary.steps ?? [], [...path, "steps"]));
  findings.push(...checkReplicas(canary.steps ?? [], replicas, [...path, "steps"]));
  if (canary.mirror && canary.darkLaunch === undefined)
    findings.push(
      warning(
        "config.no-effect",
        [...path, "mirror"],
        "has an effect only with `darkLaunch`: copies are for a version that has no users yet",
        "Write `darkLaunch: 10m` beside it, or remove it.",
      ),
    );
  const { tolerance, harm } = canary.analysis ?? {};
  if (tolerance !== undefined && harm !== undefined && tolerance >= harm)
    findings.push(
      error(
        "config.contradiction",
        [...path, "analysis", "tolerance"],
        `is ${tolerance} %, not less than \`harm\` (${harm} %)`,
        "What is tolerated must be less than what is harmful.",
      ),
    );
  return findings;
}

/** Replicas of a canary only grow, and never beyond what the version has in the end. */
function checkReplicas(steps: readonly CanaryStep[], all: number, path: Path): Finding[] {
  let before = 0;
  return steps.flatMap(({ replicas }, index) => {
    if (!replicas) return [];
    const count = countOf(replicas, all);
    const place = [...path, index, "replicas"];
    const found: Finding[] = [];
    if (count > all)
      found.push(
        error(
          "config.not-allowed",
          place,
          `is ${count}, and the service has ${all}`,
          `Write at most ${all}.`,
        ),
      );
    if (count < before)
      found.push(
        error(
          "config.not-allowed",
          place,
          `is ${count}, fewer than the ${before} before it`,
          "Replicas of the new version rise from step to step, as its share of the traffic does.",
        ),
      );
    before = count;
    return found;
  });
}

function checkWeights(steps: readonly SwitchStep[], path: Path): Finding[] {
  const findings: Finding[] = [];
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (before && step.weight <= before.weight)
      findings.push(
        error(
          "config.not-allowed",
          [...path, index, "weight"],
          `is ${step.weight} %, not more than the ${before.weight} % before it`,
          "The weights rise from step to step.",
        ),
      );
  }
  const last = steps.at(-1);
  if (last && last.weight !== 100)
    findings.push(
      error(
        "config.not-allowed",
        [...path, steps.length - 1, "weight"],
        `is ${last.weight} %, and it is the last`,
        "Add a step `weight: 100`, so that the release has an end.",
      ),
    );
  return findings;
}

function checkResources(resources: Resources | undefined, path: Path): Finding[] {
  const { limits, requests } = resources ?? {};
  return (["cpu", "memory"] as const).flatMap((kind) =>
    (requests?.[kind] ?? 0) > (limits?.[kind] ?? Number.POSITIVE_INFINITY)
      ? [
          error(
            "config.contradiction",
            [...path, "requests", kind],
            "is more than the limit",
            `A replica cannot be promised more than it may use: raise \`limits.${kind}\` or lower this.`,
          ),
        ]
      : [],
  );
}

function checkRegions(regions: NonNullable<EnvironmentConfig["regions"]>): Finding[] {
  if (regions.length === 0) return [];
  const findings: Finding[] = [];
  const sum = regions.reduce((total, region) => total + region.weight, 0);
  if (Math.abs(sum - 100) > 1e-6)
    findings.push(
      error(
        "config.not-allowed",
        ["regions"],
        `have weights that sum to ${Number(sum.toPrecision(12))} %`,
        "The weights of all regions together are 100 %.",
      ),
    );
  for (const [index, region] of regions.entries()) {
    if (regions.findIndex(({ name }) => name === region.name) < index)
      findings.push(
        error(
          "config.not-allowed",
          ["regions", index, "name"],
          `is \`${region.name}\` a second time`,
          "Name each region once.",
        ),
      );
    if (region.role === "canary" && index > 0)
      findings.push(
        error(
          "config.not-allowed",
          ["regions", index, "role"],
          "is `canary`, but regions before it get the release first",
          "Put the canary region first; there is one.",
        ),
      );
    if (region.role === "primary" && index < regions.length - 1)
      findings.push(
        error(
          "config.not-allowed",
          ["regions", index, "role"],
          "is `primary`, but regions after it get the release later",
          "Put the primary region last; there is one.",
        ),
      );
  }
  return findings;
}

function checkWatch({ duration, interval }: EnvironmentConfig["watch"]): Finding[] {
  return duration > 0 && interval > duration
    ? [
        error(
          "config.contradiction",
          ["watch", "interval"],
          `is ${formatDuration(interval)}, longer than the whole watch of ${formatDuration(duration)}`,
          "Lower it, so that somebody looks at least once.",
        ),
      ]
    : [];
}

function keysWithoutEffect(
  config: Omit<EnvironmentConfig, "environment">,
  written: Readonly<Record<string, unknown>>,
): Finding[] {
  const strategies = [config.strategy, ...Object.values(config.services).map(({ strategy }) => strategy)];
  const isUsed = (strategy: string) => strategies.includes(strategy as never) || strategies.includes("auto");
  const unused = (key: string, hasEffect: boolean, only: string, remedy: string) =>
    Object.hasOwn(written, key) && !hasEffect
      ? [warning("config.no-effect", [key], `has an effect only ${only}`, remedy)]
      : [];
  return [
    ...unused(
      "trafficSwitch",
      isUsed("bluegreen"),
      `with strategy \`bluegreen\`; here it is \`${config.strategy}\``,
      "Write `strategy: bluegreen` or remove the key.",
    ),
    ...unused(
      "canary",
      isUsed("canary"),
      `with strategy \`canary\`; here it is \`${config.strategy}\``,
      "Write `strategy: canary` or remove the key.",
    ),
    ...unused(
      "failurePolicy",
      config.regions !== undefined,
      "with `regions`",
      "Add regions or remove the key.",
    ),
  ];
}
