import { allOf, chooseServices, resolve, type ServiceSettings } from "@sluice/config";
import { canonicalJson, digestOf, type Plan, type Problem, Refusal } from "@sluice/documents";
import { rollbackSteps, verifyStage, watchStage } from "./assurance.ts";
import { deployStage, sharingOf } from "./deployment.ts";
import type { PlanInput, PlannedSettings } from "./input.ts";
import { buildStage, migrateStage, scanStage } from "./preparation.ts";
import { namesTogether } from "./shared-steps.ts";
import { sumOfWaits } from "./step.ts";
import { strategyForChange } from "./strategy.ts";
import { warningsOf } from "./warnings.ts";

/** A plan with the hash that approvals bind to. */
export interface MadePlan {
  plan: Plan;
  /** SHA-256 over the canonical JSON of the plan. */
  hash: string;
}

/**
 * Everything that a deployment will do, in order, before any of it happens. Same input, same bytes.
 *
 * A plan that cannot be carried out is still made and shown; `blockersOf` says why it must not run.
 *
 * @throws Refusal `config.unknown-service` or `config.input-invalid` when the request cannot be understood
 */
export function makePlan(input: PlanInput): MadePlan {
  const { environment, request, running } = input;
  const services = requestedServices(input);
  const together = namesTogether(sharingOf(input, services));
  const stages = [
    buildStage(input, services),
    scanStage(input.project, services),
    migrateStage(input),
    deployStage(input, services),
    verifyStage(input, services),
    watchStage(input),
  ];
  const plan: Plan = {
    schema: "sluice/plan/v1",
    project: input.project.name,
    environment: environment.environment,
    target: environment.target,
    release: { version: request.version, ...(request.commit ? { commit: request.commit } : {}) },
    configDigest: digestOf(canonicalJson({ project: input.project, environment })),
    services: services.map(({ name, tier, strategy, why, replicas }) => ({
      name,
      tier,
      strategy,
      ...(why === undefined ? {} : { why }),
      replicas,
      ...togetherWith(name, together),
      ...(running ? { running: running[name] ?? null } : {}),
    })),
    stages,
    approvals: environment.approvals,
    duration: { waitSeconds: sumOfWaits(stages), limitSeconds: environment.limits.jobTimeout },
    rollback: rollbackSteps(input, services),
    warnings: warningsOf(input, services, stages),
  };
  return { plan, hash: planHash(plan) };
}

/** SHA-256 over the canonical JSON of a plan: approvals bind to it. */
export const planHash = (plan: Plan): string => digestOf(canonicalJson(plan));

/** Problems for which a plan must not be carried out. */
export const blockersOf = (plan: Plan): Problem[] =>
  plan.warnings.filter(({ severity }) => severity === "error");

/**
 * Refuses a plan that is not the one that was approved.
 *
 * @throws Refusal `plan.changed`
 */
export function requireApproved(made: MadePlan, approvedHash: string): void {
  if (made.hash === approvedHash) return;
  throw new Refusal({
    reasonCode: "plan.changed",
    message: `The plan is ${made.hash}, and ${approvedHash} was approved: the configuration, the request or what runs in ${made.plan.environment} has changed since.`,
    remedy: "Look at the new plan and approve that one.",
  });
}

/** The others of the group of a service; nothing where it goes on its own. */
function togetherWith(name: string, groups: readonly string[][]): { together?: string[] } {
  const group = groups.find((names) => names.includes(name));
  return group ? { together: group.filter((other) => other !== name) } : {};
}

function requestedServices(input: PlanInput): readonly PlannedSettings[] {
  const { project, environment, request } = input;
  if (request.version.trim() === "")
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: "The version is empty.",
      remedy: "Name the version that is deployed, for example `2.1.0`.",
    });
  const all = resolve(project, environment).map((service) => withStrategy(input, service));
  if (request.services?.length === 0)
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: "No service is asked for.",
      remedy: `Name at least one of ${allOf(all.map(({ name }) => name))}, or none to deploy all.`,
    });
  return chooseServices(all, request.services, project.name);
}

/** A service with the strategy by which it goes out, and why where that was chosen. */
function withStrategy({ request, running }: PlanInput, service: ServiceSettings): PlannedSettings {
  const named = request.strategy ?? service.strategy;
  if (named !== "auto") return { ...service, strategy: named };
  const from = running ? (running[service.name]?.version ?? null) : undefined;
  const { strategy, reason } = strategyForChange(from, request.version, request.labels);
  return { ...service, strategy, why: reason };
}
