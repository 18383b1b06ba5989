import { formatDuration, guardsOf } from "@sluice/config";
import type { PlannedStage, PlannedStep, Strategy } from "@sluice/documents";
import { oldVersion } from "./deployment.ts";
import type { PlanInput, PlannedSettings } from "./input.ts";
import { skippedStage, stage, step } from "./step.ts";

/** The checks after the deployment. */
export function verifyStage(input: PlanInput, services: readonly PlannedSettings[]): PlannedStage {
  const { verify, database } = input.project;
  const { version } = input.request;
  const steps: PlannedStep[] = services.flatMap(({ name, healthCheck, smoke }) => [
    step(
      `verify/${name}/health`,
      `expect 200 from ${healthCheck.path} of ${name}, up to ${healthCheck.retries} times every ${formatDuration(healthCheck.intervalSeconds)}`,
      { service: name },
    ),
    step(`verify/${name}/version`, `expect ${name} to serve ${version}`, { service: name }),
    ...(verify.metrics
      ? [
          step(`verify/${name}/metrics`, `expect \`deployment_version\` on /metrics of ${name}`, {
            service: name,
          }),
        ]
      : []),
    ...smoke.map((check) =>
      step(`verify/${name}/smoke/${check.name}`, smokeAction(name, check), { service: name }),
    ),
  ]);
  const planned = new Set(services.map(({ name }) => name));
  for (const check of verify.smoke)
    if (planned.has(check.service))
      steps.push(
        step(`verify/smoke/${check.name}`, smokeAction(check.service, check), { service: check.service }),
      );
  if (database && verify.database)
    steps.push(step("verify/database", "reach the database, and find the migrations of the release applied"));
  for (const name of input.environment.postDeploymentTests) {
    const command = verify.tests[name];
    if (command) steps.push(step(`verify/test/${name}`, `run the ${name} tests: \`${command.join(" ")}\``));
  }
  if (verify.script) steps.push(step("verify/script", `run \`${verify.script.join(" ")}\``));
  return stage("verify", steps);
}

const smokeAction = (
  service: string,
  check: { name: string; method: string; path: string; status: number },
) => `${check.name}: expect ${check.status} from ${check.method} ${check.path} of ${service}`;

/** The time after the rollout in which a breach still rolls back. */
export function watchStage({ environment }: PlanInput): PlannedStage {
  const { duration, interval } = environment.watch;
  if (duration === 0) return skippedStage("watch", "`watch.duration` of the environment is 0s");
  const conditions = guardsOf(environment).map(({ text }) => text);
  const consequence = environment.autoRollback.enabled ? "roll back on" : "call a person on";
  return stage("watch", [
    step(
      "watch/all",
      `watch every service for ${formatDuration(duration)}, looking every ${formatDuration(interval)}; ${consequence} ${conditions.join(" or ")}`,
      { seconds: duration },
    ),
  ]);
}

/** Whether the old version is gone when the new one has all of the traffic, so that it has to start again. */
const restarts = (strategy: Strategy): boolean => strategy === "recreate" || strategy === "rolling";

/** What a rollback of the release would do: the last service first, traffic before everything else. */
export function rollbackSteps(input: PlanInput, services: readonly PlannedSettings[]): PlannedStep[] {
  const { version } = input.request;
  const changed = services
    .toReversed()
    .map((service) => ({ ...service, old: oldVersion(input.running, service.name) }))
    .filter(({ old }) => old !== version);
  if (changed.length === 0) return [];
  return [
    ...changed.map(({ name, old, healthCheck, strategy }) =>
      old === null
        ? step(`rollback/${name}/stop`, `stop ${name} ${version}: there is no earlier version`, {
            service: name,
          })
        : step(
            `rollback/${name}/traffic`,
            restarts(strategy)
              ? `start ${old} of ${name} again and route 100 % to it when it is healthy`
              : `route 100 % of ${name} to ${old}, started again if it was stopped`,
            { service: name, seconds: restarts(strategy) ? healthCheck.initialDelaySeconds : 0 },
          ),
    ),
    ...changed
      .filter(({ old }) => old !== null)
      .flatMap(({ name, old }) => [
        step(`rollback/${name}/stop`, `stop ${version} of ${name} after the requests it is answering`, {
          service: name,
        }),
        step(`rollback/${name}/verify`, `verify that ${name} serves ${old} and is healthy`, {
          service: name,
        }),
      ]),
    ...(input.project.database
      ? [
          step(
            "rollback/database",
            "leave the database as it is: the old version works with the expanded schema",
          ),
        ]
      : []),
  ];
}
